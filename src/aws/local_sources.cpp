#include "aws/local_sources.h"

#include "base/text.h"

namespace aws {

namespace {

using base::Error;
using base::ErrorKind;

// A profile with one of these means it, whatever keys stand beside it.
constexpr std::string_view kElsewhere[] = {
    "sso_session", "sso_start_url", "source_profile", "credential_source",
};
constexpr std::string_view kProgram = "credential_process";

bool has(const ProfileReading& reading, std::string_view name)
{
    return reading.section && !setting(*reading.section, name).empty();
}

Error not_supported(std::string_view name)
{
    return {ErrorKind::config,
            "the profile's \"" + std::string(name) + "\" is not supported"};
}

base::Result<Finding> checked(Credentials credentials)
{
    if (auto status = check(credentials); !status) {
        return status.error();
    }
    return Finding{std::move(credentials)};
}

base::Result<Finding> keys_of(const ProfileReading& reading,
                              const ProfilePlace& place)
{
    if (reading.open_to_all) {
        return Error{ErrorKind::config,
                     "\"" + base::printable(place.path, 256)
                         + "\" can be read by everybody on this machine: it "
                           "holds a secret, so take that right away"};
    }
    const auto& section = *reading.section;
    return checked({std::string(setting(section, "aws_access_key_id")),
                    base::Secret(setting(section, "aws_secret_access_key")),
                    base::Secret(setting(section, "aws_session_token"))});
}

}  // namespace

void EnvironmentSource::look(Done done) { done(find()); }

base::Result<Finding> EnvironmentSource::find() const
{
    const auto& environment = reach_.environment;
    const auto key_id = value_of(environment, "AWS_ACCESS_KEY_ID");
    if (key_id.empty()) {
        return nothing("AWS_ACCESS_KEY_ID is not set");
    }
    return checked(
        {key_id, base::Secret(value_of(environment, "AWS_SECRET_ACCESS_KEY")),
         base::Secret(value_of(environment, "AWS_SESSION_TOKEN"))});
}

void ProfileSource::look(Done done) { done(find()); }

// The order is that of AWS' own tools: other profiles and sign-on, keys of
// the credentials file, a program, keys of the configuration file.
base::Result<Finding> ProfileSource::find() const
{
    const auto credentials_at = credentials_place(reach_.environment);
    const auto credentials = read_profile(credentials_at);
    if (!credentials) {
        return credentials.error();
    }
    const auto config_at = config_place(reach_.environment);
    const auto config = read_profile(config_at);
    if (!config) {
        return config.error();
    }
    for (const auto name : kElsewhere) {
        if (has(*credentials, name) || has(*config, name)) {
            return not_supported(name);
        }
    }
    if (has(*credentials, "aws_access_key_id")) {
        return keys_of(*credentials, credentials_at);
    }
    if (has(*credentials, kProgram) || has(*config, kProgram)) {
        return not_supported(kProgram);
    }
    if (has(*config, "aws_access_key_id")) {
        return keys_of(*config, config_at);
    }
    return absent(*credentials, *config);
}

base::Result<Finding> ProfileSource::absent(
    const ProfileReading& credentials, const ProfileReading& config) const
{
    const auto why = [](const ProfileReading& reading) {
        return reading.section ? "the section has no aws_access_key_id"
                               : reading.absence;
    };
    const auto both = why(credentials) + ", " + why(config);
    if (!value_of(reach_.environment, "AWS_PROFILE").empty()) {
        return Error{ErrorKind::config, both};
    }
    return nothing(both);
}

}  // namespace aws
