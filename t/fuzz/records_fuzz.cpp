// The files of jobs, accounts and histories, whatever became of them.

#include "fuzz.h"
#include "store/history.h"
#include "store/records.h"

namespace {

// What is written again is the same from then on.
template <typename T>
void read_record(std::string_view text,
                 base::Result<T> (*decode)(std::string_view))
{
    const auto record = decode(text);
    if (!record) {
        fuzz::require(record.error().kind == base::ErrorKind::storage,
                      "it is the file's fault");
        fuzz::require_printable(record.error().message);
        return;
    }
    fuzz::require(!store::is_of_newer_version(text),
                  "what can be read is not of a newer version");
    const auto written = store::encode(*record);
    const auto again = decode(written.reveal());
    fuzz::require(bool(again), "what was written can be read",
                  written.reveal());
    fuzz::require(store::encode(*again) == written,
                  "it is the same afterwards", written.reveal());
}

}  // namespace

FUZZ_TARGET(records)
{
    read_record(input, store::decode_account);
    read_record(input, store::decode_job);
    read_record(input, store::decode_renewal);
    read_record(input, store::decode_deployment);
    read_record(input, store::decode_history);
    store::is_of_newer_version(input);
}
