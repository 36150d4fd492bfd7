// Credentials: what a request to AWS is signed with, and the two forms in
// which the network gives them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"

namespace aws {

struct Credentials {
    std::string key_id;
    base::Secret secret;
    base::Secret session_token;  // empty for a user's own key
    std::optional<base::Time> expires = std::nullopt;
};

// Whether they can be what they are said to be. They are going to stand in
// headers, so this is also what keeps line breaks out of these. The Error
// does not repeat them.
base::Status check(const Credentials& credentials);

// {Code, AccessKeyId, SecretAccessKey, Token, Expiration}: of a container's
// or an instance's metadata. Code may say that there are none.
base::Result<Credentials> decode_metadata(std::string_view json);

// The answer to AssumeRoleWithWebIdentity.
base::Result<Credentials> decode_assumed_role(std::string_view xml);

}  // namespace aws
