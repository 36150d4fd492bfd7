#include "aws/metadata.h"

namespace aws {

bool worth_another_try(const base::Result<http::Response>& result)
{
    return !result || result->status == 429 || result->status >= 500;
}

base::Error metadata_error(const http::Response& response)
{
    return {base::ErrorKind::protocol,
            "it answers HTTP " + std::to_string(response.status)};
}

base::Result<Finding> read_metadata(base::Result<http::Response> result)
{
    if (!result) {
        return result.error();
    }
    if (!result->success()) {
        return metadata_error(*result);
    }
    auto credentials = decode_metadata(result->body);
    base::wipe(result->body.data(), result->body.size());
    if (!credentials) {
        return credentials.error();
    }
    return Finding{std::move(*credentials)};
}

}  // namespace aws
