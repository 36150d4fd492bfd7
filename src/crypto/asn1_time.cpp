#include "crypto/asn1_time.h"

#include <time.h>

#include <chrono>

#include "crypto/error.h"

namespace crypto {

base::Time to_time(const ASN1_TIME* time)
{
    const ErrorQueueGuard guard;
    tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) {
        return {};
    }
    return base::Time(std::chrono::seconds(timegm(&parts)));
}

}  // namespace crypto
