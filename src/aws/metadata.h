// What the two metadata services have in common: both are plain HTTP at an
// address of the link, and answer credentials in the same form.
#pragma once

#include "aws/credential_source.h"

namespace aws {

// No answer, 429 or 5xx.
bool worth_another_try(const base::Result<http::Response>& result);

base::Error metadata_error(const http::Response& response);

base::Result<Finding> read_metadata(base::Result<http::Response> result);

}  // namespace aws
