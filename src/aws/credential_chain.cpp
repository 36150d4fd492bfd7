#include "aws/credential_chain.h"

#include <algorithm>

#include "aws/container.h"
#include "aws/instance.h"
#include "aws/local_sources.h"
#include "aws/web_identity.h"

namespace aws {

namespace {

constexpr base::Duration kAhead = std::chrono::minutes(15);
// A request with credentials that end on the way fails for a silly reason.
constexpr base::Duration kLeast = std::chrono::minutes(1);

}  // namespace

CredentialChain::CredentialChain(Environment environment,
                                 http::Repeater& network, base::Clock& clock)
    : environment_(std::move(environment)), clock_(clock)
{
    const Reach reach{environment_, network};
    sources_.push_back(std::make_unique<EnvironmentSource>(reach));
    sources_.push_back(std::make_unique<WebIdentitySource>(reach));
    sources_.push_back(std::make_unique<ProfileSource>(reach));
    sources_.push_back(std::make_unique<ContainerSource>(reach));
    sources_.push_back(std::make_unique<InstanceSource>(reach));
}

void CredentialChain::get(Done done)
{
    if (kept_ && clock_.now() < refresh_at_) {
        done(*kept_);
        return;
    }
    waiting_.push_back(std::move(done));
    if (waiting_.size() > 1) {
        return;
    }
    tried_.clear();
    look(0);
}

void CredentialChain::look(std::size_t place)
{
    if (place == sources_.size()) {
        fail({base::ErrorKind::config, tried_});
        return;
    }
    sources_[place]->look([this, place](base::Result<Finding> finding) {
        on_finding(place, std::move(finding));
    });
}

void CredentialChain::on_finding(std::size_t place,
                                 base::Result<Finding> finding)
{
    tried_.append(tried_.empty() ? "" : "; ")
        .append(sources_[place]->name()).append(": ");
    if (!finding) {
        fail(std::move(finding).error_in(tried_.substr(0, tried_.size() - 2)));
        return;
    }
    if (!finding->credentials) {
        tried_ += finding->absence;
        look(place + 1);
        return;
    }
    const auto& credentials = *finding->credentials;
    if (credentials.expires && *credentials.expires <= clock_.now()) {
        fail({base::ErrorKind::protocol, tried_ + "what it gives has expired"});
        return;
    }
    keep(credentials);
    answer(credentials);
}

void CredentialChain::keep(const Credentials& credentials)
{
    kept_.reset();
    if (credentials.expires) {
        const auto left = *credentials.expires - clock_.now();
        refresh_at_ = *credentials.expires - std::min(kAhead, left / 4);
        kept_ = credentials;
    }
}

void CredentialChain::fail(base::Error error)
{
    const auto now = clock_.now();
    if (kept_ && now + kLeast < *kept_->expires) {
        refresh_at_ = now + kLeast;
        answer(*kept_);
        return;
    }
    answer(std::move(error).in("no AWS credentials"));
}

void CredentialChain::answer(const base::Result<Credentials>& result)
{
    std::vector<Done> waiting;
    waiting.swap(waiting_);
    for (auto& done : waiting) {
        done(result);
    }
}

}  // namespace aws
