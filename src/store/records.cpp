#include "store/records.h"

#include <chrono>
#include <cstdint>
#include <limits>

#include <nlohmann/json.hpp>

#include "base/base64url.h"
#include "base/json.h"
#include "base/text.h"

namespace store {

namespace {

using base::json::Value;

constexpr std::int64_t kVersion = 1;
// However long a CA's complaint is, the job must fit its file: a job that
// cannot be saved is a back-off forgotten.
constexpr std::size_t kMaxError = 4096;

base::Error malformed(std::string message)
{
    return {base::ErrorKind::storage, std::move(message)};
}

// The library's parser and printer make copies that nobody can reach; the
// ones that can be reached do not outlive their use.
void wipe(std::string& text) { base::wipe(text.data(), text.size()); }

void wipe_key(Value& record, const char* name)
{
    const auto key = record.find(name);
    if (key == record.end()) {
        return;
    }
    if (auto* pem = key->get_ptr<std::string*>()) {
        wipe(*pem);
    }
}

void wipe_keys(Value& record)
{
    wipe_key(record, "key");
    wipe_key(record, "next_key");
}

void put(Value& record, const char* name, const std::string& text)
{
    if (!text.empty()) {
        record[name] = text;
    }
}

void put(Value& record, const char* name,
         const std::optional<base::Time>& time)
{
    if (time) {
        // Upward, since the text has whole seconds: never before the moment
        // that was meant.
        record[name] =
            base::format_time(std::chrono::ceil<std::chrono::seconds>(*time));
    }
}

void put_key(Value& record, const char* name, const base::Secret& key)
{
    if (!key.empty()) {
        record[name] = key.reveal();
    }
}

base::Secret finish(Value& record)
{
    std::string text = base::json::dump(record);
    base::Secret secret(text);
    wipe(text);
    wipe_keys(record);
    return secret;
}

base::Result<Value> parse(std::string_view text)
{
    auto record = base::json::parse_object(text);
    if (!record) {
        return malformed(record.error().message);
    }
    const auto version = base::json::find_integer(*record, "version");
    if (!version || *version < 1) {
        return malformed("it has no version");
    }
    if (*version > kVersion) {
        return malformed("a newer version of this module wrote it (format "
                         + std::to_string(*version) + ", known is "
                         + std::to_string(kVersion) + ")");
    }
    return record;
}

// Reads members until one is wrong; that one is what failed() tells of.
class Reader {
public:
    explicit Reader(Value& record) : record_(record) {}

    std::string text(const char* name);
    base::Secret key(const char* name);  // is wiped in the record
    std::optional<base::Time> time(const char* name);
    unsigned count(const char* name);

    const std::optional<base::Error>& failed() const { return failed_; }

private:
    bool has(const char* name) const { return record_.contains(name); }

    void fail(const char* name, const char* what)
    {
        if (!failed_) {
            failed_ = malformed("\"" + std::string(name) + "\" " + what);
        }
    }

    Value& record_;
    std::optional<base::Error> failed_;
};

std::string Reader::text(const char* name)
{
    auto text = base::json::find_string(record_, name);
    if (!text && has(name)) {
        fail(name, "is not a string");
    }
    return std::move(text).value_or(std::string());
}

base::Secret Reader::key(const char* name)
{
    std::string pem = text(name);
    base::Secret key(pem);
    wipe(pem);
    wipe_key(record_, name);
    return key;
}

std::optional<base::Time> Reader::time(const char* name)
{
    if (!has(name)) {
        return std::nullopt;
    }
    const auto time = base::parse_time(text(name));
    if (!time) {
        fail(name, "is not a time");
        return std::nullopt;
    }
    return *time;
}

unsigned Reader::count(const char* name)
{
    if (!has(name)) {
        return 0;
    }
    const auto count = base::json::find_integer(record_, name);
    if (!count || *count < 0 || *count > std::numeric_limits<unsigned>::max())
    {
        fail(name, "is not a count");
        return 0;
    }
    return unsigned(*count);
}

}  // namespace

base::Secret encode(const Account& account)
{
    Value record = {{"version", kVersion}, {"directory", account.directory}};
    put(record, "url", account.url);
    put(record, "thumbprint", account.thumbprint);
    put(record, "external_kid", account.external_kid);
    put_key(record, "key", account.key_pem);
    put_key(record, "next_key", account.next_key_pem);
    if (!account.contacts.empty()) {
        record["contacts"] = account.contacts;
    }
    return finish(record);
}

base::Secret encode(const Job& job)
{
    Value record = {{"version", kVersion}, {"failures", job.failures}};
    put(record, "directory", job.directory);
    put(record, "names", job.names);
    put(record, "settings", job.settings);
    put(record, "order_url", job.order_url);
    put_key(record, "key", job.key_pem);
    put(record, "not_before", job.not_before);
    put(record, "last_error", base::printable(job.last_error, kMaxError));
    put(record, "last_error_at", job.last_error_at);
    if (job.last_problem) {
        record["last_problem"] = base::encode(*job.last_problem);
    }
    put(record, "challenge", job.challenge);
    if (job.renew) {
        record["renew"] = true;
    }
    if (job.new_key) {
        record["new_key"] = true;
    }
    if (const auto& revocation = job.revocation) {
        record["revoke"] = base::base64url_encode(revocation->certificate);
        record["revoke_reason"] = revocation->reason;
        put(record, "revoke_at", revocation->directory);
    }
    return finish(record);
}

base::Secret encode(const Renewal& renewal)
{
    Value record = {{"version", kVersion}};
    put(record, "certificate", renewal.certificate);
    if (const auto& suggestion = renewal.suggestion) {
        put(record, "start", std::optional(suggestion->start));
        put(record, "end", std::optional(suggestion->end));
        put(record, "at", std::optional(suggestion->at));
        put(record, "explanation_url", suggestion->explanation_url);
    }
    put(record, "look_at", renewal.look_at);
    return finish(record);
}

base::Secret encode(const Deployment& deployment)
{
    Value record = {{"version", kVersion}, {"failures", deployment.failures}};
    put(record, "certificate", deployment.certificate);
    put(record, "memory", deployment.memory);
    if (!deployment.events.empty()) {
        record["events"] = deployment.events;
    }
    for (const auto& [event, time] : deployment.told) {
        put(record["told"], event.c_str(), std::optional(time));
    }
    put(record, "not_before", deployment.not_before);
    put(record, "last_error",
        base::printable(deployment.last_error, kMaxError));
    put(record, "last_error_at", deployment.last_error_at);
    put(record, "done_at", deployment.done_at);
    return finish(record);
}

base::Result<Account> decode_account(std::string_view text)
{
    auto record = parse(text);
    if (!record) {
        return record.error();
    }
    Reader reader(*record);
    Account account;
    account.directory = reader.text("directory");
    account.url = reader.text("url");
    account.thumbprint = reader.text("thumbprint");
    account.external_kid = reader.text("external_kid");
    account.key_pem = reader.key("key");
    account.next_key_pem = reader.key("next_key");
    account.contacts = base::json::find_strings(*record, "contacts");
    if (reader.failed()) {
        return *reader.failed();
    }
    return account;
}

namespace {

std::optional<Revocation> revocation_in(Reader& reader)
{
    const auto certificate = base::base64url_decode(reader.text("revoke"));
    if (!certificate || certificate->empty()) {
        return std::nullopt;
    }
    return Revocation{*certificate, int(reader.count("revoke_reason")),
                      reader.text("revoke_at")};
}

}  // namespace

base::Result<Job> decode_job(std::string_view text)
{
    auto record = parse(text);
    if (!record) {
        return record.error();
    }
    Reader reader(*record);
    Job job;
    job.directory = reader.text("directory");
    job.names = reader.text("names");
    job.settings = reader.text("settings");
    job.order_url = reader.text("order_url");
    job.key_pem = reader.key("key");
    job.failures = reader.count("failures");
    job.not_before = reader.time("not_before");
    job.last_error = reader.text("last_error");
    job.last_error_at = reader.time("last_error_at");
    job.challenge = reader.text("challenge");
    if (const auto* problem = base::json::find_object(*record, "last_problem")) {
        job.last_problem = base::decode_problem(*problem);
    }
    job.renew = base::json::find_bool(*record, "renew").value_or(false);
    job.new_key = base::json::find_bool(*record, "new_key").value_or(false);
    job.revocation = revocation_in(reader);
    if (reader.failed()) {
        return *reader.failed();
    }
    return job;
}

base::Result<Renewal> decode_renewal(std::string_view text)
{
    auto record = parse(text);
    if (!record) {
        return record.error();
    }
    Reader reader(*record);
    Renewal renewal;
    renewal.certificate = reader.text("certificate");
    renewal.look_at = reader.time("look_at");
    const auto start = reader.time("start");
    const auto end = reader.time("end");
    const auto at = reader.time("at");
    auto url = reader.text("explanation_url");
    if (reader.failed()) {
        return *reader.failed();
    }
    if (start && end && at) {
        renewal.suggestion = {*start, *end, *at, std::move(url)};
    }
    return renewal;
}

base::Result<Deployment> decode_deployment(std::string_view text)
{
    auto record = parse(text);
    if (!record) {
        return record.error();
    }
    Reader reader(*record);
    Deployment deployment;
    deployment.certificate = reader.text("certificate");
    deployment.memory = reader.text("memory");
    deployment.events = base::json::find_strings(*record, "events");
    deployment.failures = reader.count("failures");
    deployment.not_before = reader.time("not_before");
    deployment.last_error = reader.text("last_error");
    deployment.last_error_at = reader.time("last_error_at");
    deployment.done_at = reader.time("done_at");
    if (reader.failed()) {
        return *reader.failed();
    }
    if (const auto* told = base::json::find_object(*record, "told")) {
        for (const auto& [event, value] : told->items()) {
            const auto* text = value.get_ptr<const std::string*>();
            const auto time =
                base::parse_time(text != nullptr ? *text : std::string());
            if (time) {
                deployment.told.emplace(event, *time);
            }
        }
    }
    return deployment;
}

bool is_of_newer_version(std::string_view text)
{
    auto record = base::json::parse_object(text);
    if (!record) {
        return false;
    }
    wipe_keys(*record);
    return base::json::find_integer(*record, "version") > kVersion;
}

}  // namespace store
