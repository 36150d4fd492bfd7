#include "crypto/bundle.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "crypto/pem.h"

namespace crypto {

namespace {

constexpr std::string_view kIssuer = "Issuer: ";
constexpr std::string_view kNames = "Names: ";
constexpr std::string_view kNotAfter = "Valid until: ";
constexpr std::string_view kCount = "Certificates: ";

base::Error bad_bundle(const char* why)
{
    return {base::ErrorKind::crypto, why};
}

// The value of a line before the first block; empty when there is none.
std::string_view preamble(std::string_view text, std::string_view name)
{
    auto head = text.substr(0, text.find("-----BEGIN"));
    while (!head.empty()) {
        const auto line = head.substr(0, head.find('\n'));
        if (line.starts_with(name)) {
            const auto value = line.substr(name.size());
            return value.substr(0, value.find('\r'));
        }
        head.remove_prefix(std::min(line.size() + 1, head.size()));
    }
    return {};
}

std::string describe(const Certificate& leaf)
{
    std::string text(kNames);
    for (const auto& name : leaf.names()) {
        text += name.value + " ";
    }
    text.back() = '\n';
    text.append(kNotAfter).append(base::format_time(leaf.not_after()));
    return text + "\n";
}

struct Contents {
    std::optional<PrivateKey> key;
    Chain chain;
};

base::Status take(Contents& contents, const PemBlock& block)
{
    if (block.is_certificate()) {
        return append(contents.chain, block);
    }
    if (!block.is_private_key()) {
        return base::ok();
    }
    if (contents.key) {
        return bad_bundle("more than one private key");
    }
    auto key = block.private_key();
    if (!key) {
        return key.error();
    }
    contents.key = std::move(*key);
    return base::ok();
}

base::Result<Contents> read_contents(std::string_view text)
{
    Contents contents;
    PemReader reader(text);
    PemBlock block;
    for (;;) {
        const auto found = reader.next(block);
        if (!found) {
            return found.error();
        }
        if (!*found) {
            return contents;
        }
        if (auto status = take(contents, block); !status) {
            return status.error();
        }
    }
}

}  // namespace

base::Result<base::Secret> encode_bundle(std::string_view issuer,
                                         const PrivateKey& key,
                                         const Chain& chain)
{
    const auto key_pem = key.to_pem();
    if (!key_pem) {
        return key_pem.error();
    }
    const auto chain_pem = to_pem(chain);
    if (!chain_pem) {
        return chain_pem.error();
    }
    base::Secret bundle;
    if (!issuer.empty()) {
        bundle.append(kIssuer);
        bundle.append(base::printable(issuer, 2048));
        bundle.append("\n");
    }
    bundle.append(describe(chain.front()));
    bundle.append(kCount);
    bundle.append(std::to_string(chain.size()) + "\n");
    bundle.append(key_pem->reveal());
    bundle.append(*chain_pem);
    if (bundle.size() > kMaxBundle) {
        return bad_bundle("the chain is too long");
    }
    return bundle;
}

std::optional<BundleSummary> summarize_bundle(std::string_view text)
{
    const auto not_after = base::parse_time(preamble(text, kNotAfter));
    if (!not_after) {
        return std::nullopt;
    }
    BundleSummary summary{{}, *not_after};
    auto rest = preamble(text, kNames);
    while (!rest.empty()) {
        const auto word = rest.substr(0, rest.find(' '));
        auto name = base::parse_identifier(word);
        if (!name) {
            return std::nullopt;
        }
        summary.names.push_back(std::move(*name));
        rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    }
    return summary;
}

base::Result<Bundle> parse_bundle(std::string_view text)
{
    if (text.size() > kMaxBundle) {
        return bad_bundle("longer than any bundle");
    }
    auto contents = read_contents(text);
    if (!contents) {
        return contents.error();
    }
    if (!contents->key) {
        return bad_bundle("no private key");
    }
    if (contents->chain.empty()) {
        return bad_bundle("no certificate");
    }
    if (!contents->chain.front().belongs_to(*contents->key)) {
        return bad_bundle("the private key does not belong to the "
                          "certificate");
    }
    const auto count = preamble(text, kCount);
    if (!count.empty() && count != std::to_string(contents->chain.size())) {
        return bad_bundle("a part of the chain is missing");
    }
    return Bundle{std::string(preamble(text, kIssuer)),
                  std::move(*contents->key), std::move(contents->chain)};
}

}  // namespace crypto
