#include "deploy/files.h"

#include "crypto/digest.h"
#include "deploy/export_folder.h"

namespace deploy {

namespace {

// A shell would take the star of a wildcard for a pattern.
std::string name_of(const std::string& id)
{
    std::string name = id.starts_with("*.") ? "_" + id.substr(1) : id;
    // A file's name has 255 bytes; before and after this one stand 20 more.
    constexpr std::size_t kMaxName = 200;
    if (name.size() > kMaxName) {
        const auto digest = crypto::to_hex(crypto::sha256(id)).substr(0, 16);
        name.resize(kMaxName - digest.size() - 1);
        name += "~" + digest;
    }
    return name;
}

struct Texts {
    base::Secret key;
    std::string leaf;
    std::string chain;
};

base::Result<Texts> texts_of(const crypto::Bundle& bundle)
{
    Texts texts;
    auto key = bundle.key.to_pem();
    if (!key) {
        return key.error();
    }
    texts.key = std::move(*key);
    auto leaf = crypto::to_pem(std::span(bundle.chain).first(1));
    auto chain = crypto::to_pem(std::span(bundle.chain).subspan(1));
    if (!leaf || !chain) {
        return leaf ? chain.error() : leaf.error();
    }
    texts.leaf = std::move(*leaf);
    texts.chain = std::move(*chain);
    return texts;
}

}  // namespace

void Files::deliver(const Delivery& delivery, Done done)
{
    done(export_to(delivery));
}

base::Result<std::string> Files::export_to(const Delivery& delivery) const
{
    const auto& bundle = *delivery.bundle;
    const auto texts = texts_of(bundle);
    if (!texts) {
        return texts.error();
    }
    const auto name = name_of(delivery.id);
    auto folder = ExportFolder::open(settings_.folder);
    if (!folder) {
        return folder.error();
    }
    base::Secret whole = texts->key;
    whole.append(texts->leaf);
    whole.append(texts->chain);
    const auto full = texts->leaf + texts->chain;
    const std::vector<ExportFolder::File> files = {
        {"privkey.pem", texts->key.reveal(), settings_.mode},
        {"cert.pem", texts->leaf},
        {"chain.pem", texts->chain},
        {"fullchain.pem", full},
        {"bundle.pem", whole.reveal(), settings_.mode}};
    const auto status = folder->exchange(
        name, version_of(name, bundle.chain.front().fingerprint()), files,
        settings_.group);
    if (!status) {
        return status.error();
    }
    return "exported to " + base::in_quotes(directory_of(delivery.id));
}

// Another mode or group makes another one of it.
std::string Files::version_of(const std::string& name,
                              const std::string& fingerprint) const
{
    const auto group =
        settings_.group ? std::to_string(*settings_.group) : std::string();
    const auto digest = crypto::to_hex(crypto::sha256(
        fingerprint + "/" + std::to_string(settings_.mode) + "/" + group));
    return "." + name + "." + digest.substr(0, ExportFolder::kDigits);
}

bool Files::has(const std::string& id, const std::string& fingerprint) const
{
    const auto name = name_of(id);
    const auto folder = ExportFolder::open(settings_.folder);
    return folder && folder->current(name) == version_of(name, fingerprint);
}

std::string Files::directory_of(const std::string& id) const
{
    return settings_.folder + "/" + name_of(id);
}

}  // namespace deploy
