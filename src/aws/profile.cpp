#include "aws/profile.h"

#include "aws/small_file.h"
#include "base/text.h"

namespace aws {

namespace {

std::string in_quotes(const std::string& text)
{
    return "\"" + base::printable(text, 256) + "\"";
}

std::string profile_name(const Environment& environment)
{
    const auto name = value_of(environment, "AWS_PROFILE");
    return name.empty() ? "default" : name;
}

struct Path {
    std::string text;
    bool named;
};

Path path_of(const Environment& environment, std::string_view variable,
             std::string_view file)
{
    const auto home = value_of(environment, "HOME");
    const auto named = value_of(environment, variable);
    if (named.starts_with("~/") && !home.empty()) {
        return {home + named.substr(1), true};
    }
    if (!named.empty() || home.empty()) {
        return {named, !named.empty()};
    }
    return {home + "/.aws/" + std::string(file), false};
}

}  // namespace

ProfilePlace credentials_place(const Environment& environment)
{
    auto [path, named] = path_of(environment, "AWS_SHARED_CREDENTIALS_FILE",
                                 "credentials");
    return {std::move(path), profile_name(environment), named};
}

ProfilePlace config_place(const Environment& environment)
{
    auto [path, named] = path_of(environment, "AWS_CONFIG_FILE", "config");
    const auto name = profile_name(environment);
    return {std::move(path), name == "default" ? name : "profile " + name,
            named};
}

base::Result<ProfileReading> read_profile(const ProfilePlace& place)
{
    if (place.path.empty()) {
        return ProfileReading{std::nullopt, false, "no file is named, and "
                                                   "HOME is not set"};
    }
    auto file = read_small_file(place.path);
    if (!file) {
        auto error = std::move(file).error_in(in_quotes(place.path));
        if (place.named) {
            return error;
        }
        return ProfileReading{std::nullopt, false, error.message};
    }
    auto section = read_section(file->bytes.reveal(), place.section);
    if (!section) {
        return std::move(section).error_in(in_quotes(place.path));
    }
    std::string absence = in_quotes(place.path) + " has no section "
                          + in_quotes(place.section);
    return ProfileReading{std::move(*section), file->open_to_all,
                          std::move(absence)};
}

}  // namespace aws
