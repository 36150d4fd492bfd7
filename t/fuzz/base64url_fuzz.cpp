// base64url, read and written.

#include "base/base64url.h"
#include "fuzz.h"

FUZZ_TARGET(base64url)
{
    const auto text = base::base64url_encode(input);
    const auto bytes = base::base64url_decode(text);
    fuzz::require(bytes && *bytes == input, "bytes are the same afterwards");
    fuzz::require(text.empty() || base::is_base64url(text),
                  "what is written can be read");
    const auto decoded = base::base64url_decode(input);
    if (decoded) {
        // Bits that are left over at the end may differ.
        const auto again = base::base64url_encode(*decoded);
        fuzz::require(again.size() == input.size()
                          && again.substr(0, input.size() - !input.empty())
                                 == input.substr(0, again.size()
                                                        - !again.empty()),
                      "text is the same afterwards");
        fuzz::require(input.empty() || base::is_base64url(input),
                      "what can be read is of the alphabet");
    }
}
