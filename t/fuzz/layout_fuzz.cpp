// Names of files in the state directory, and names that become files. The
// first line is a name, the second an issuer's directory.

#include "fuzz.h"
#include "store/careful_read.h"
#include "store/layout.h"

namespace {

void read_place(const base::Result<store::Place>& place)
{
    if (!place) {
        fuzz::require_printable(place.error().message);
        return;
    }
    const auto& file = place->file;
    fuzz::require(!file.empty() && file.front() != '.'
                      && file.find('/') == file.npos
                      && file.find('\0') == file.npos,
                  "it stays in its folder", file);
    fuzz::require(file.size() <= store::kMaxStem + 5, "its name fits", file);
}

}  // namespace

FUZZ_TARGET(layout)
{
    fuzz::Input lines(input);
    const auto name = lines.line();
    read_place(store::place_of_account(name, lines.rest()));
    read_place(store::place_of_job(name));
    const auto place = store::place_of_bundle(name);
    read_place(place);
    if (place) {
        const auto id = store::bundle_id(place->file);
        fuzz::require(id.has_value(), "what was written is found again");
        const auto again = store::place_of_bundle(*id);
        fuzz::require(again && again->file == place->file,
                      "what was found can be loaded", *id);
    }
    if (const auto id = store::bundle_id(name)) {
        const auto found = store::place_of_bundle(*id);
        fuzz::require(found && found->file == name,
                      "an id leads to its file", name);
    }
    store::damage_of(input, input.size() / 2);
}
