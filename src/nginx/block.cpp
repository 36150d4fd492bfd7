#include "nginx/block.h"

#include "nginx/conf.h"
#include "nginx/guarded.h"

#include <sys/stat.h>

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "http/url.h"

namespace nginx {

namespace {

constexpr std::size_t kMaxFile = 1024 * 1024;

// While it is being read.
struct Reading {
    std::string directive;
    std::span<const BlockOption> options;
    void* block;
    OptionNames& seen;
};

struct CloseFile {
    void operator()(FILE* file) const { fclose(file); }
};
using UniqueFile = std::unique_ptr<FILE, CloseFile>;

std::string values(ngx_conf_t* cf)
{
    std::string text;
    for (ngx_uint_t i = 1; i < cf->args->nelts; i++) {
        text += " " + in_quotes(argument(cf, i));
    }
    return text;
}

std::string known(std::span<const BlockOption> options)
{
    std::string text;
    for (const auto& option : options) {
        text += (text.empty() ? "" : ", ") + in_quotes(option.name);
    }
    return text;
}

// Where the name of a file should stand the secret itself may, and base64 has
// slashes in it.
bool may_be_secret(std::string_view argument)
{
    return !argument.starts_with('/') && !argument.starts_with("./")
        && !argument.starts_with("../");
}

// "" for what must not be in a message.
std::string shown_values(ngx_conf_t* cf, const BlockOption& option)
{
    // It is the one after what names it.
    const auto secret = std::min<ngx_uint_t>(2, cf->args->nelts - 1);
    return option.leads_to_secret && may_be_secret(argument(cf, secret))
        ? ""
        : values(cf);
}

char* take_option(ngx_conf_t* cf, Reading& reading)
{
    const std::string name(argument(cf, 0));
    const auto option =
        std::ranges::find(reading.options, name, &BlockOption::name);
    const auto where = in_quotes(name);
    if (option == reading.options.end()) {
        return refuse(cf, "unknown directive " + where + " in \""
                              + reading.directive + "\", known are "
                              + known(reading.options));
    }
    const auto given = cf->args->nelts - 1;
    if (given < option->least || given > option->most) {
        return refuse(cf, "invalid number of arguments in " + where
                              + " directive");
    }
    if (!reading.seen.insert(name).second) {
        return refuse(cf, where + " directive is duplicate");
    }
    if (auto status = option->set(cf, reading.block); !status) {
        return refuse(cf, "invalid value" + shown_values(cf, *option)
                              + " in " + where
                              + " directive: " + status.error().message);
    }
    return NGX_CONF_OK;
}

char* on_option(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [=] {
        return take_option(cf, *static_cast<Reading*>(conf));
    });
}

char* read_into(ngx_conf_t* cf, Reading& reading)
{
    const ngx_conf_t saved = *cf;
    cf->handler = on_option;
    cf->handler_conf = reinterpret_cast<decltype(cf->handler_conf)>(&reading);
    char* result = ngx_conf_parse(cf, nullptr);
    *cf = saved;
    return result;
}

base::Result<std::string> full_name(ngx_conf_t* cf, std::string_view name)
{
    ngx_str_t path = pool_copy(cf->pool, name);
    if (path.data == nullptr
        || ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK)
    {
        return invalid("out of memory");
    }
    return std::string(view(path));
}

base::Result<base::Secret> read_whole(FILE* file, const std::string& path)
{
    std::string text(kMaxFile, '\0');
    const std::size_t size = fread(text.data(), 1, text.size(), file);
    base::Secret content(std::string_view(text).substr(0, size));
    base::wipe(text.data(), size);
    if (ferror(file) != 0) {
        return invalid("cannot read \"" + path + "\": " + strerror(errno));
    }
    return content;
}

base::Status check_mode(FILE* file, const std::string& path)
{
    struct stat status{};
    if (fstat(fileno(file), &status) == 0 && (status.st_mode & S_IROTH) == 0) {
        return base::ok();
    }
    return invalid("\"" + path
                   + "\" holds a secret and can be read by everybody: chmod "
                     "o-r");
}

base::Result<base::Secret> read(ngx_conf_t* cf, std::string_view name,
                                bool secret)
{
    const auto path = full_name(cf, name);
    if (!path) {
        return path.error();
    }
    const UniqueFile file(fopen(path->c_str(), "re"));
    if (!file) {
        const std::string why = strerror(errno);
        return invalid(secret && may_be_secret(name)
                           ? "cannot open the file of this name (a secret "
                             "does not stand here itself, but in a file): "
                               + why
                           : "cannot open \"" + *path + "\": " + why);
    }
    if (secret) {
        if (auto status = check_mode(file.get(), *path); !status) {
            return status.error();
        }
    }
    return read_whole(file.get(), *path);
}

}  // namespace

char* read_block(ngx_conf_t* cf, std::span<const BlockOption> options,
                 void* block, OptionNames& given)
{
    Reading reading{std::string(argument(cf, 0)), options, block, given};
    return read_into(cf, reading);
}

std::string_view argument(ngx_conf_t* cf, ngx_uint_t i)
{
    return view(static_cast<ngx_str_t*>(cf->args->elts)[i]);
}

base::Error invalid(std::string why)
{
    return {base::ErrorKind::config, std::move(why)};
}

std::string in_quotes(std::string_view text)
{
    return "\"" + base::printable(text) + "\"";
}

base::Result<bool> parse_flag(std::string_view text)
{
    if (text == "on" || text == "off") {
        return text == "on";
    }
    return invalid("it must be \"on\" or \"off\"");
}

bool is_good_name(std::string_view name)
{
    return !name.empty() && name.size() <= 64 && name.front() != '.'
        && std::ranges::all_of(name, [](unsigned char c) {
               return isalnum(c) || c == '-' || c == '_' || c == '.';
           });
}

base::Status take_program(ngx_conf_t* cf, std::vector<std::string>& command)
{
    if (!argument(cf).starts_with('/')) {
        return invalid("the path of the program must be absolute");
    }
    if (access(std::string(argument(cf)).c_str(), X_OK) != 0) {
        return invalid(std::string("it cannot be run: ") + strerror(errno));
    }
    for (ngx_uint_t i = 1; i < cf->args->nelts; i++) {
        command.emplace_back(argument(cf, i));
    }
    return base::ok();
}

base::Status take_time(ngx_conf_t* cf, base::Duration& time)
{
    auto text = static_cast<ngx_str_t*>(cf->args->elts)[1];
    const auto parsed = ngx_parse_time(&text, 0);
    if (parsed == ngx_int_t(NGX_ERROR) || parsed == 0) {
        return invalid("it must be a time");
    }
    time = base::Duration(parsed);
    return base::ok();
}

base::Status take_url(ngx_conf_t* cf, std::string& url)
{
    url = argument(cf);
    return http::check_url(url);
}

aws::Environment aws_environment()
{
    aws::Environment values;
    for (const auto name : aws::kEnvironmentNames) {
        const std::string text(name);
        if (const char* value = getenv(text.c_str())) {
            values.emplace(text, value);
        }
    }
    return values;
}

base::Result<base::Secret> read_file(ngx_conf_t* cf, std::string_view name)
{
    return read(cf, name, false);
}

base::Result<base::Secret> read_secret_file(ngx_conf_t* cf,
                                            std::string_view name)
{
    return read(cf, name, true);
}

}  // namespace nginx
