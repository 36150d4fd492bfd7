#include "store/layout.h"

#include <algorithm>
#include <chrono>

#include "base/text.h"
#include "crypto/bundle.h"
#include "crypto/digest.h"

namespace store {

namespace {

constexpr std::string_view kBundleSuffix = ".pem";
constexpr std::string_view kRecordSuffix = ".json";

std::string hash(std::string_view text, std::size_t digits)
{
    return crypto::to_hex(crypto::sha256(text)).substr(0, digits);
}

bool is_control(unsigned char c) { return c < 0x20 || c == 0x7f; }

bool stays_in_folder(std::string_view id)
{
    return !id.empty() && id.front() != '.'
           && id.find('/') == std::string_view::npos
           && std::none_of(id.begin(), id.end(), is_control);
}

base::Result<std::string> stem_of(std::string_view id)
{
    if (!stays_in_folder(id)) {
        return base::Error{base::ErrorKind::storage,
                           "\"" + base::printable(id, 80)
                               + "\" cannot be the name of a file"};
    }
    if (id.size() <= kMaxStem) {
        return std::string(id);
    }
    // No DNS name has a "~": a shortened name is nobody's full name.
    const std::string tail = "~" + hash(id, 16);
    return std::string(id.substr(0, kMaxStem - tail.size())) + tail;
}

base::Result<Place> place_of_record(std::string_view folder,
                                    std::string_view name)
{
    auto stem = stem_of(name);
    if (!stem) {
        return stem.error();
    }
    return Place{folder, stem->append(kRecordSuffix), kMaxJson};
}

}  // namespace

base::Result<Place> place_of_account(std::string_view issuer,
                                     std::string_view directory)
{
    return place_of_record(kAccounts,
                           std::string(issuer) + "." + hash(directory, 8));
}

base::Result<Place> place_of_bundle(std::string_view id)
{
    auto stem = stem_of(id);
    if (!stem) {
        return stem.error();
    }
    return Place{kCertificates, stem->append(kBundleSuffix),
                 crypto::kMaxBundle};
}

base::Result<Place> place_of_job(std::string_view id)
{
    return place_of_record(kJobs, id);
}

base::Result<Place> place_of_history(std::string_view id)
{
    auto place = place_of_record(kHistory, id);
    if (place) {
        place->limit = kMaxHistory;
    }
    return place;
}

base::Result<Place> place_of_renewal(std::string_view id)
{
    return place_of_record(kRenewals, id);
}

base::Result<Place> place_of_staple(std::string_view id)
{
    auto stem = stem_of(id);
    if (!stem) {
        return stem.error();
    }
    return Place{kStaples, stem->append(".der"), kMaxJson};
}

base::Result<Place> place_of_deployment(std::string_view id,
                                        std::string_view name)
{
    return place_of_record(kDeployments,
                           std::string(id).append("@").append(name));
}

base::Result<Place> place_of_registration(std::string_view server,
                                          std::string_view domain)
{
    return place_of_record(kRegistrations,
                           std::string(domain) + "." + hash(server, 8));
}

std::optional<std::string> bundle_id(std::string_view file)
{
    if (!file.ends_with(kBundleSuffix)) {
        return std::nullopt;
    }
    const auto id = file.substr(0, file.size() - kBundleSuffix.size());
    const auto place = place_of_bundle(id);
    if (!place || place->file != file) {
        return std::nullopt;
    }
    return std::string(id);
}

std::string quarantine_name(std::string_view file, base::Time now,
                            unsigned count)
{
    std::string name = base::format_time(now) + "-";
    if (count > 0) {
        name += std::to_string(count) + "-";
    }
    return name.append(file);
}

}  // namespace store
