#include "crypto/random.h"

#include <openssl/rand.h>

#include "crypto/error.h"

namespace crypto {

base::Result<std::string> random_bytes(std::size_t count)
{
    const ErrorQueueGuard guard;
    std::string bytes(count, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), int(count))
        != 1)
    {
        return openssl_error("making random bytes");
    }
    return bytes;
}

}  // namespace crypto
