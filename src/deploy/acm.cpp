#include "deploy/acm.h"

#include <utility>

#include "aws/service_error.h"
#include "deploy/acm_message.h"

namespace deploy {

namespace {

using base::Error;
using base::ErrorKind;

// An import without an ARN was begun, and nobody has heard how it ended.
constexpr std::string_view kBegun = "import begun";

// Of 1,000 certificates; ACM keeps 2,500 unless somebody asked for more.
constexpr unsigned kMaxPages = 100;

constexpr std::size_t kMaxBody = 2UL * 1024 * 1024;

std::string endpoint_of(const AcmSettings& settings)
{
    if (!settings.endpoint.empty()) {
        return settings.endpoint;
    }
    return "https://acm." + settings.region + ".amazonaws.com"
        + (settings.region.starts_with("cn-") ? ".cn" : "");
}

bool is_unknown_arn(const http::Response& response)
{
    return aws::service_error_of(response).code
        == "ResourceNotFoundException";
}

// With what the operator can do about it.
Error error_of(const http::Response& response)
{
    auto error = aws::error_of(response);
    const auto code = aws::service_error_of(response).code;
    if (code == "LimitExceededException") {
        error.message += "; ACM keeps 2,500 imported certificates and takes "
                         "5,000 imports a year, unless the quotas of the "
                         "account say otherwise";
    } else if (response.status == 403 || code == "AccessDeniedException") {
        error.message += "; the credentials need acm:ImportCertificate, "
                         "acm:DescribeCertificate and acm:ListCertificates";
    }
    return error;
}

base::Status check_key(const std::string& arn, const Described& described,
                       crypto::KeyType type)
{
    const auto wanted = algorithm_of(type);
    if (described.algorithm.empty() || described.algorithm == wanted) {
        return base::ok();
    }
    return Error{ErrorKind::config,
                 "ACM has a certificate with a key of type "
                     + described.algorithm + " as " + arn
                     + " and takes no " + std::string(wanted)
                     + " there; keep the type of the key (key=), or deploy "
                       "to another ARN"};
}

}  // namespace

Acm::Acm(AcmSettings settings, std::unique_ptr<http::Client> client,
         const aws::Ports& ports)
    : settings_(std::move(settings)),
      client_({"acm", settings_.region}, std::move(settings_.environment),
              std::move(client), ports)
{}

std::string Acm::arn_in(const std::string& memory) const
{
    if (!settings_.arn.empty()) {
        return settings_.arn;
    }
    return memory.starts_with("arn:") ? memory : std::string();
}

void Acm::deliver(const Delivery& delivery, Done done)
{
    Task task{delivery, std::move(done), arn_in(delivery.memory)};
    if (!task.arn.empty()) {
        describe(task);
    } else if (delivery.memory == kBegun) {
        find(task);
    } else {
        import(task);
    }
}

void Acm::examine(crypto::KeyType type, const std::string& memory,
                  const Verdict& done)
{
    const auto arn = arn_in(memory);
    if (arn.empty()) {
        done(base::ok());
        return;
    }
    ask("DescribeCertificate", encode_describe(arn),
        [arn, type, done](const base::Result<http::Response>& result) {
            if (!result || !result->success()) {
                done(!result ? result.error() : error_of(*result));
                return;
            }
            const auto described = read_described(result->body);
            done(described ? check_key(arn, *described, type)
                           : base::Status(described.error()));
        });
}

// The one whose import was begun: it would be there twice.
void Acm::find(const Task& task)
{
    ask("ListCertificates", encode_list(task.token),
        [this, task](const base::Result<http::Response>& result) {
            if (!result || !result->success()) {
                task.done(!result ? result.error() : error_of(*result));
                return;
            }
            on_list(task, *result);
        });
}

void Acm::on_list(Task task, const http::Response& response)
{
    const auto& leaf = task.delivery.bundle->chain.front();
    const auto listed = read_list(
        response.body, task.delivery.names.front().value, leaf.not_after());
    if (!listed) {
        task.done(listed.error());
        return;
    }
    task.pages++;
    if (!listed->matching.empty()) {
        task.arn = listed->matching.front();
        describe(task);
    } else if (!listed->next_token.empty() && task.pages < kMaxPages) {
        task.token = listed->next_token;
        find(task);
    } else {
        import(task);
    }
}

void Acm::describe(const Task& task)
{
    ask("DescribeCertificate", encode_describe(task.arn),
        [this, task](const base::Result<http::Response>& result) {
            if (!result) {
                task.done(result.error());
                return;
            }
            on_described(task, *result);
        });
}

void Acm::on_described(Task task, const http::Response& response)
{
    if (!response.success() && is_unknown_arn(response)
        && settings_.arn.empty())
    {
        task.gone = std::exchange(task.arn, "");
        import(task);
        return;
    }
    if (!response.success()) {
        task.done(error_of(response));
        return;
    }
    const auto described = read_described(response.body);
    if (!described) {
        task.done(described.error());
        return;
    }
    const auto& bundle = *task.delivery.bundle;
    if (described->serial == plain_serial(bundle.chain.front().serial())) {
        const auto saved = task.delivery.remember(task.arn);
        task.done(saved ? base::Result<std::string>("ACM has it as "
                                                    + task.arn)
                        : saved.error());
        return;
    }
    if (auto status = check_key(task.arn, *described, bundle.key.type());
        !status)
    {
        task.done(status.error());
        return;
    }
    import(task);
}

void Acm::import(const Task& task)
{
    auto body = encode_import(task.arn, *task.delivery.bundle);
    if (!body) {
        task.done(body.error());
        return;
    }
    if (task.arn.empty()) {
        if (const auto saved = task.delivery.remember(std::string(kBegun));
            !saved)
        {
            task.done(saved.error());
            return;
        }
    }
    http::Request request;
    request.secret_body = std::move(*body);
    request.repeatable = !task.arn.empty();
    send("ImportCertificate", std::move(request),
         [this, task](const base::Result<http::Response>& result) {
             if (!result) {
                 task.done(result.error());
                 return;
             }
             on_imported(task, *result);
         });
}

void Acm::on_imported(const Task& task, const http::Response& response)
{
    if (!response.success()) {
        task.done(error_of(response));
        return;
    }
    const auto arn = read_imported(response.body);
    if (!arn) {
        task.done(arn.error());
        return;
    }
    if (const auto saved = task.delivery.remember(*arn); !saved) {
        task.done(Error(saved.error()).in("imported as " + *arn + ", but"));
        return;
    }
    task.done("imported into ACM as " + *arn
              + (task.gone.empty() ? std::string()
                                   : "; ACM does not know " + task.gone
                      + " any more, what has used that must be changed"));
}

void Acm::ask(const char* operation, std::string body, Answer answer)
{
    http::Request request;
    request.body = std::move(body);
    send(operation, std::move(request), std::move(answer));
}

void Acm::send(const char* operation, http::Request request, Answer answer)
{
    request.method = http::Request::Method::post;
    request.url = endpoint_of(settings_) + "/";
    request.max_body = kMaxBody;
    request.headers = {
        {"Content-Type", "application/x-amz-json-1.1"},
        {"X-Amz-Target", std::string("CertificateManager.") + operation}};
    client_.send(std::move(request),
                 [operation, answer = std::move(answer)](
                     const base::Result<http::Response>& result) {
                     if (result) {
                         answer(result);
                         return;
                     }
                     answer(Error(result.error())
                                .in(std::string("ACM, ") + operation));
                 });
}

}  // namespace deploy
