// What acme_status, and with it acme_api, answer.
#pragma once

#include "nginx/conf.h"

#include <string>
#include <string_view>
#include <vector>

namespace nginx {

// The path that the location begins with.
std::string path_of(const LocationConf& location);

// The request's headers of that name, given in lower case.
std::vector<const ngx_table_elt_t*> headers_named(const ngx_http_request_t& r,
                                                  std::string_view name);

// A response that nobody may store. `text` is copied.
ngx_int_t send_text(ngx_http_request_t* r, ngx_uint_t status,
                    std::string_view type, std::string_view text);

// A content handler's answer to GET and HEAD.
ngx_int_t answer_status(ngx_http_request_t* r, MainConf& main,
                        const LocationConf& location);

}  // namespace nginx
