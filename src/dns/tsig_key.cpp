#include "dns/tsig_key.h"

#include <algorithm>

#include "base/base64url.h"
#include "base/identifier.h"
#include "base/text.h"

namespace dns {

namespace {

base::Error bad_key(std::string what)
{
    return {base::ErrorKind::config, std::move(what)};
}

// The words of named.conf: names, strings without their quotes, punctuation.
class Words {
public:
    explicit Words(std::string_view text) : rest_(text) {}

    // Empty at the end.
    std::string_view next()
    {
        skip_space();
        if (rest_.empty()) {
            return {};
        }
        if (rest_.front() == '"') {
            rest_.remove_prefix(1);
            const auto word = take(rest_.find('"'));
            take(1);
            return word;
        }
        const auto end = rest_.find_first_of(" \t\r\n{};\"#");
        return take(std::max<std::size_t>(end, 1));
    }

private:
    std::string_view take(std::size_t size)
    {
        const auto taken = rest_.substr(0, size);
        rest_.remove_prefix(taken.size());
        return taken;
    }

    void skip_space()
    {
        for (;;) {
            take(rest_.find_first_not_of(" \t\r\n"));
            if (rest_.starts_with('#') || rest_.starts_with("//")) {
                take(rest_.find('\n'));
            } else if (rest_.starts_with("/*")) {
                take(rest_.find("*/", 2));
                take(2);
            } else {
                return;
            }
        }
    }

    std::string_view rest_;
};

// Base64 with its padding (RFC 4648, section 4), by way of base64url.
base::Result<base::Secret> decode_secret(std::string_view base64)
{
    const auto padding = base64.size() - (base64.find_last_not_of('=') + 1);
    std::string text(base64.substr(0, base64.size() - padding));
    const bool wrong_alphabet = text.find_first_of("-_") != text.npos;
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    auto bytes = base::base64url_decode(text);
    base::wipe(text.data(), text.size());
    base::Secret secret;
    if (bytes) {
        auto& decoded = *bytes;
        secret.append(decoded);
        base::wipe(decoded.data(), decoded.size());
    }
    if (secret.empty() || wrong_alphabet || padding > 2
        || base64.size() % 4 != 0)
    {
        return bad_key("its secret is not base64");
    }
    return secret;
}

base::Status set_member(TsigKey& key, std::string_view member,
                        std::string_view value)
{
    if (member == "algorithm") {
        const auto algorithm = base::to_lower(value);
        if (algorithm != "hmac-sha256" && algorithm != "hmac-sha512") {
            return bad_key("its algorithm is \"" + base::printable(value, 40)
                           + "\", not hmac-sha256 or hmac-sha512");
        }
        key.hash = algorithm == "hmac-sha256" ? crypto::Hash::sha256
                                              : crypto::Hash::sha512;
        return base::ok();
    }
    if (member != "secret") {
        return bad_key("it has something beside algorithm and secret");
    }
    auto secret = decode_secret(value);
    if (!secret) {
        return secret.error();
    }
    key.secret = std::move(*secret);
    return base::ok();
}

// From behind "{" to "}".
base::Status read_members(Words& words, TsigKey& key)
{
    bool has_algorithm = false;
    for (auto word = words.next(); word != "}"; word = words.next()) {
        const auto value = words.next();
        if (words.next() != ";") {
            return bad_key("it is not closed, or lacks a \";\"");
        }
        if (auto status = set_member(key, word, value); !status) {
            return status;
        }
        has_algorithm = has_algorithm || word == "algorithm";
    }
    if (!has_algorithm || key.secret.empty()) {
        return bad_key("it lacks its algorithm or its secret");
    }
    return base::ok();
}

}  // namespace

Name algorithm_name(crypto::Hash hash)
{
    Name name;
    name.append(hash == crypto::Hash::sha256 ? "hmac-sha256" : "hmac-sha512");
    return name;
}

base::Result<TsigKey> parse_tsig_key(std::string_view text)
{
    Words words(text);
    if (words.next() != "key") {
        return bad_key("it does not begin with \"key\"");
    }
    TsigKey key;
    auto name = Name::from_text(words.next());
    if (!name) {
        return std::move(name).error_in("the key's name");
    }
    key.name = std::move(*name);
    if (words.next() != "{") {
        return bad_key("it lacks the \"{\" behind the key's name");
    }
    if (auto status = read_members(words, key); !status) {
        return status.error();
    }
    if (words.next() != ";" || !words.next().empty()) {
        return bad_key("it has something other than one key, or lacks the "
                       "\";\" at its end");
    }
    return key;
}

}  // namespace dns
