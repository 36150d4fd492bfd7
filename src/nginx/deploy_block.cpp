// acme_deploy: where certificates go beside this nginx, or who is told of them.
#include "nginx/block.h"
#include "nginx/conf.h"
#include "nginx/guarded.h"

#include <grp.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace nginx {

namespace {

using manager::DeploySettings;
using Kind = DeploySettings::Kind;

// What stands in such a block, and the options that it takes beside that.
struct KindName {
    std::string_view name;
    Kind kind;
    std::array<std::string_view, 2> options;
};

constexpr KindName kKinds[] = {
    {"exec", Kind::exec, {"events", "timeout"}},
    {"files", Kind::files, {}},
    {"acm", Kind::acm, {"endpoint"}},
};

constexpr std::string_view kCloudFrontRegion = "us-east-1";

DeploySettings& settings_of(void* block)
{
    return *static_cast<DeploySettings*>(block);
}

base::Status set_kind(DeploySettings& settings, Kind kind)
{
    if (settings.kind != Kind::none) {
        return invalid("one of \"exec\", \"files\" and \"acm\" is to be in "
                       "a block");
    }
    settings.kind = kind;
    return base::ok();
}

base::Status set_exec(ngx_conf_t* cf, void* block)
{
    auto& settings = settings_of(block);
    auto status = set_kind(settings, Kind::exec);
    return status ? take_program(cf, settings.exec.command)
                  : std::move(status);
}

base::Status set_timeout(ngx_conf_t* cf, void* block)
{
    return take_time(cf, settings_of(block).exec.limit);
}

base::Status set_events(ngx_conf_t* cf, void* block)
{
    auto& events = settings_of(block).exec.events;
    events.clear();
    for (ngx_uint_t i = 1; i < cf->args->nelts; i++) {
        const auto event = deploy::parse_event(argument(cf, i));
        if (!event) {
            return invalid(in_quotes(argument(cf, i))
                           + " is no event; known are \"issued\", "
                             "\"renewed\", \"expiring\", \"failed\" and "
                             "\"revoked\"");
        }
        events.insert(*event);
    }
    return base::ok();
}

// --- files -----------------------------------------------------------------

// "0640": for the owner and the group only, since the key is among them.
base::Status set_mode(deploy::FilesSettings& files, std::string_view text)
{
    unsigned mode = 0;
    const auto* end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data(), end, mode, 8);
    if (error != std::errc() || last != end || (mode & ~0660U) != 0
        || (mode & 0400U) == 0)
    {
        return invalid("the mode of a private key is \"0600\", \"0640\" or "
                       "\"0660\"");
    }
    files.mode = mode_t(mode);
    return base::ok();
}

base::Status set_group(deploy::FilesSettings& files, std::string_view text)
{
    const auto* group = getgrnam(std::string(text).c_str());
    if (group == nullptr) {
        return invalid("there is no group " + in_quotes(text));
    }
    files.group = group->gr_gid;
    return base::ok();
}

base::Status set_files(ngx_conf_t* cf, void* block)
{
    auto& settings = settings_of(block);
    auto& files = settings.files;
    if (auto status = set_kind(settings, Kind::files); !status) {
        return status;
    }
    bool mode_given = false;
    for (ngx_uint_t i = 2; i < cf->args->nelts; i++) {
        const auto text = argument(cf, i);
        base::Status status = invalid("only \"mode=\" and \"group=\" are "
                                      "known");
        if (text.starts_with("mode=")) {
            status = set_mode(files, text.substr(5));
            mode_given = true;
        } else if (text.starts_with("group=")) {
            status = set_group(files, text.substr(6));
        }
        if (!status) {
            return status;
        }
    }
    if (files.group && !mode_given) {
        files.mode = 0640;
    }
    ngx_str_t path = static_cast<ngx_str_t*>(cf->args->elts)[1];
    if (path.len == 0 || ngx_conf_full_name(cf->cycle, &path, 0) != NGX_OK) {
        return invalid("it must be the path of a directory");
    }
    files.folder = view(path);
    while (files.folder.size() > 1 && files.folder.ends_with('/')) {
        files.folder.pop_back();
    }
    struct stat info;
    if (stat(files.folder.c_str(), &info) == 0 && !S_ISDIR(info.st_mode)) {
        return invalid("it is not a directory");
    }
    return base::ok();
}

// --- acm -------------------------------------------------------------------

// arn:aws:acm:us-east-1:123456789012:certificate/1234-...
base::Status set_arn(deploy::AcmSettings& acm, std::string_view arn)
{
    std::vector<std::string_view> parts;
    auto rest = arn;
    for (int i = 0; i < 5; i++) {
        const auto colon = rest.find(':');
        if (colon == std::string_view::npos) {
            break;
        }
        parts.push_back(rest.substr(0, colon));
        rest.remove_prefix(colon + 1);
    }
    const bool good = parts.size() == 5 && parts[0] == "arn"
        && parts[1].starts_with("aws") && parts[2] == "acm"
        && is_good_name(parts[3]) && is_good_name(parts[4])
        && rest.starts_with("certificate/")
        && is_good_name(rest.substr(sizeof("certificate/") - 1));
    if (!good) {
        return invalid(in_quotes(arn)
                       + " is not the ARN of a certificate in ACM");
    }
    if (!acm.region.empty() && acm.region != parts[3]) {
        return invalid("the ARN is of another region");
    }
    acm.arn = arn;
    acm.region = parts[3];
    return base::ok();
}

base::Status set_region(deploy::AcmSettings& acm, std::string_view region)
{
    const bool good = is_good_name(region)
        && region.find('.') == std::string_view::npos;
    if (!good) {
        return invalid("the region must be a name such as us-east-1");
    }
    if (!acm.region.empty() && acm.region != region) {
        return invalid("the ARN is of another region");
    }
    acm.region = region;
    return base::ok();
}

base::Status set_acm(ngx_conf_t* cf, void* block)
{
    auto& settings = settings_of(block);
    if (auto status = set_kind(settings, Kind::acm); !status) {
        return status;
    }
    for (ngx_uint_t i = 1; i < cf->args->nelts; i++) {
        const auto text = argument(cf, i);
        auto status = base::ok();
        if (text.starts_with("arn:") && settings.acm.arn.empty()) {
            status = set_arn(settings.acm, text);
        } else if (text.starts_with("region=")) {
            status = set_region(settings.acm, text.substr(7));
        } else if (text == "cloudfront") {
            settings.cloudfront = true;
        } else {
            status = invalid(in_quotes(text)
                             + " is none of an ARN, \"region=\" and "
                               "\"cloudfront\"");
        }
        if (!status) {
            return status;
        }
    }
    if (settings.acm.region.empty() && settings.cloudfront) {
        settings.acm.region = kCloudFrontRegion;
    }
    return base::ok();
}

base::Status set_endpoint(ngx_conf_t* cf, void* block)
{
    auto& endpoint = settings_of(block).acm.endpoint;
    auto status = take_url(cf, endpoint);
    while (endpoint.ends_with('/')) {
        endpoint.pop_back();
    }
    return status;
}

constexpr BlockOption kOptions[] = {
    {"exec", 1, NGX_CONF_MAX_ARGS, set_exec},
    {"events", 1, NGX_CONF_MAX_ARGS, set_events},
    {"timeout", 1, 1, set_timeout},
    {"files", 1, 3, set_files},
    {"acm", 1, 3, set_acm},
    {"endpoint", 1, 1, set_endpoint},
};

// --- the block -------------------------------------------------------------

// An option of another kind would be without effect.
base::Status check_options(const DeploySettings& settings,
                           const OptionNames& given)
{
    const auto kind = std::ranges::find(kKinds, settings.kind, &KindName::kind);
    if (kind == std::end(kKinds)) {
        return invalid("there is none of \"exec\", \"files\" and \"acm\"");
    }
    for (const auto& name : given) {
        if (name != kind->name
            && std::ranges::find(kind->options, name) == kind->options.end())
        {
            return invalid(in_quotes(name) + " has no meaning beside "
                           + in_quotes(kind->name));
        }
    }
    return base::ok();
}

base::Status check_acm(const DeploySettings& settings)
{
    if (settings.kind != Kind::acm) {
        return base::ok();
    }
    if (settings.acm.region.empty()) {
        return invalid("there is no \"region=\"");
    }
    if (settings.cloudfront && settings.acm.region != kCloudFrontRegion) {
        return invalid("CloudFront takes certificates from region "
                       "\"us-east-1\" only");
    }
    return base::ok();
}

char* take_block(ngx_conf_t* cf, std::vector<DeploySettings>& all)
{
    DeploySettings settings;
    settings.name = argument(cf);
    const auto name = in_quotes(settings.name);
    if (!is_good_name(settings.name)) {
        return refuse(cf, "invalid name " + name
                              + " in \"acme_deploy\" directive");
    }
    if (std::ranges::find(all, settings.name, &DeploySettings::name)
        != all.end())
    {
        return refuse(cf, "duplicate \"acme_deploy\" " + name);
    }
    OptionNames given;
    if (char* result = read_block(cf, kOptions, &settings, given);
        result != NGX_CONF_OK)
    {
        return result;
    }
    auto status = check_options(settings, given);
    if (status) {
        status = check_acm(settings);
    }
    if (!status) {
        return refuse(cf, status.error().message + " in \"acme_deploy\" "
                              + name);
    }
    if (settings.kind == Kind::acm) {
        settings.acm.environment = aws_environment();
    }
    all.push_back(std::move(settings));
    return NGX_CONF_OK;
}

// --- what is deployed there ------------------------------------------------

bool is_for_cloudfront(crypto::KeyType type)
{
    return type == crypto::KeyType::ecdsa_256 || crypto::is_rsa(type);
}

char* check_key(ngx_conf_t* cf, const Place& place,
                const manager::CertificateSettings& certificate,
                const DeploySettings& deploy)
{
    if (deploy.acm.region != kCloudFrontRegion
        || is_for_cloudfront(certificate.key.type))
    {
        return NGX_CONF_OK;
    }
    const auto what = "CloudFront takes no key of type \""
        + std::string(crypto::to_string(certificate.key.type))
        + "\" from ACM, only ecdsa:256 and RSA; acme_deploy "
        + in_quotes(deploy.name) + ", certificate \"" + certificate.id + "\"";
    if (deploy.cloudfront) {
        return refuse(cf, place, what);
    }
    ngx_log_error(NGX_LOG_WARN, cf->log, 0, "acme: %s in %s:%ui", what.c_str(),
                  place.file.c_str(), place.line);
    return NGX_CONF_OK;
}

}  // namespace

char* on_acme_deploy(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [=] {
        return take_block(cf, static_cast<MainConf*>(conf)->settings.deploy);
    });
}

base::Result<std::vector<std::size_t>> find_deploy(
    const MainConf& main, const std::vector<std::string>& names)
{
    const auto& all = main.settings.deploy;
    std::vector<std::size_t> found;
    for (const auto& name : names) {
        const auto each =
            std::ranges::find(all, name, &DeploySettings::name);
        if (each == all.end()) {
            return invalid("unknown \"acme_deploy\" " + in_quotes(name)
                           + " in \"acme_domain\" directive");
        }
        found.push_back(std::size_t(each - all.begin()));
    }
    return found;
}

char* check_deploy(ngx_conf_t* cf, const MainConf& main)
{
    const auto& certificates = main.settings.certificates;
    const auto& all = main.settings.deploy;
    std::vector<const std::string*> holder(all.size());
    for (std::size_t i = 0; i < certificates.size(); i++) {
        const auto& place = main.certificate_places[i];
        for (const auto index : certificates[i].deploy) {
            const auto& deploy = all[index];
            if (deploy.kind != Kind::acm) {
                continue;
            }
            if (char* result = check_key(cf, place, certificates[i], deploy);
                result != NGX_CONF_OK)
            {
                return result;
            }
            if (!deploy.acm.arn.empty() && holder[index] != nullptr) {
                return refuse(cf, place,
                              "there is one certificate to an ARN, and \""
                                  + *holder[index] + "\" and \""
                                  + certificates[i].id
                                  + "\" are both deployed to acme_deploy "
                                  + in_quotes(deploy.name));
            }
            holder[index] = &certificates[i].id;
        }
    }
    return NGX_CONF_OK;
}

}  // namespace nginx
