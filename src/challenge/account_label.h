// dns-account-01 (draft-ietf-acme-dns-account-label): as dns-01, at a name that
// is another one for each account, so that several clients can have their
// CNAMEs side by side.
#pragma once

#include <string>
#include <string_view>

namespace challenge {

// The label before "_acme-challenge", of an account's URL.
std::string account_label(std::string_view account_url);

}  // namespace challenge
