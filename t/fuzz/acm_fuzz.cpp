// What AWS Certificate Manager answers, and what AWS says when it does not do what
// was asked.

#include "aws/service_error.h"
#include "deploy/acm_message.h"
#include "fuzz.h"

FUZZ_TARGET(acm)
{
    const std::string body(input);
    if (const auto arn = deploy::read_imported(body)) {
        fuzz::require(arn->starts_with("arn:"), "it is an ARN", *arn);
        fuzz::require_printable(*arn);
    } else {
        fuzz::require_printable(arn.error().message);
    }
    if (const auto described = deploy::read_described(body)) {
        fuzz::require_printable(described->algorithm);
    } else {
        fuzz::require_printable(described.error().message);
    }
    const auto listed = deploy::read_list(
        body, "a.example", base::Time(std::chrono::seconds(1'800'000'000)));
    if (listed) {
        for (const auto& arn : listed->matching) {
            fuzz::require_printable(arn);
        }
    }
    http::Response response{400, {}, body};
    const auto error = aws::error_of(response);
    fuzz::require_printable(error.message);
    fuzz::require(error.message.size() <= 1200, "a message is bounded");
}
