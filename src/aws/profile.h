// Profile: the section of AWS' shared files that AWS_PROFILE names.
#pragma once

#include <optional>
#include <string>

#include "aws/environment.h"
#include "aws/ini.h"

namespace aws {

struct ProfilePlace {
    std::string path;  // empty: there is none
    std::string section;
    bool named = false;  // the path, by a variable
};

ProfilePlace credentials_place(const Environment& environment);
ProfilePlace config_place(const Environment& environment);

struct ProfileReading {
    std::optional<Section> section;
    bool open_to_all = false;
    std::string absence;  // without a section: why
};

// A file that a variable names has to be there; that of the home folder need
// not. Errors name the file.
base::Result<ProfileReading> read_profile(const ProfilePlace& place);

}  // namespace aws
