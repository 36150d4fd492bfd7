// Blocks of options within braces, and what their values are made of.
#pragma once

#include "nginx/ngx.h"

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aws/environment.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"

namespace nginx {

// One option: its least and greatest number of arguments, what takes them
// into the block that was given to read_block(), and whether the last or
// second of them says where a secret is: then a message shows them only when
// that looks like a path, for the secret itself may stand there.
struct BlockOption {
    std::string_view name;
    ngx_uint_t least;
    ngx_uint_t most;
    base::Status (*set)(ngx_conf_t* cf, void* block);
    bool leads_to_secret = false;
};

// The names of the options that were given.
using OptionNames = std::set<std::string, std::less<>>;

// Reads to the closing brace; each option once at most.
char* read_block(ngx_conf_t* cf, std::span<const BlockOption> options,
                 void* block, OptionNames& given);

// An argument of the line that is being read.
std::string_view argument(ngx_conf_t* cf, ngx_uint_t i = 1);

base::Error invalid(std::string why);

// A value from the configuration as a message shows it.
std::string in_quotes(std::string_view text);

base::Result<bool> parse_flag(std::string_view text);

// A name that may be part of a file name.
bool is_good_name(std::string_view name);

// A program and its arguments, all that the line has; it must be there.
base::Status take_program(ngx_conf_t* cf, std::vector<std::string>& command);

// A time such as "30s", more than none.
base::Status take_time(ngx_conf_t* cf, base::Duration& time);

// An absolute URL without a fragment.
base::Status take_url(ngx_conf_t* cf, std::string& url);

// nginx clears the environment of its helper: what AWS' tools take from there
// is read while the configuration is.
aws::Environment aws_environment();

// The whole of a file of the operator's, whose path is relative to the
// configuration's folder as everywhere in nginx.
base::Result<base::Secret> read_file(ngx_conf_t* cf, std::string_view name);

// The same of a file that holds a secret: one that everybody may read is an
// Error.
base::Result<base::Secret> read_secret_file(ngx_conf_t* cf,
                                            std::string_view name);

}  // namespace nginx
