#include "crypto/error.h"

#include <string>

#include <openssl/err.h>

namespace crypto {

base::Error openssl_error(std::string_view doing)
{
    std::string message(doing);
    if (const char* reason = ERR_reason_error_string(ERR_peek_last_error())) {
        message.append(": ").append(reason);
    }
    ERR_clear_error();
    return {base::ErrorKind::crypto, std::move(message)};
}

ErrorQueueGuard::~ErrorQueueGuard() { ERR_clear_error(); }

}  // namespace crypto
