// TSIG (RFC 8945): requests signed with a shared key, and answers believed
// only when they are signed with it, too.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "dns/message.h"
#include "dns/tsig_key.h"

namespace dns {

// How far the two clocks may be apart (RFC 8945, section 10).
constexpr std::chrono::seconds kTsigFudge{300};

struct SignedMessage {
    std::string bytes;
    std::string mac;  // goes into that of the answer
};

base::Result<SignedMessage> sign(const Message& message, const TsigKey& key,
                                 base::Time now);

// An answer that comes from one who has the key.
struct VerifiedMessage {
    Message message;  // with the TSIG record
    // The server's clock, when it found the request's too far from it
    // (BADTIME). Signed with that time, the request would be taken.
    std::optional<base::Time> server_time;
};

// Errors say what is wrong with the signature, or with the request's in the
// server's opinion (BADKEY, BADSIG), and name the rcode, which nobody vouches
// for. A MAC that is cut short is wrong: servers do not do that unasked.
base::Result<VerifiedMessage> verify(std::string_view answer,
                                     const SignedMessage& request,
                                     const TsigKey& key, base::Time now);

}  // namespace dns
