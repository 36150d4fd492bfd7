#include "challenge/board.h"

namespace challenge {

std::string http_01_place(std::string_view token, std::string_view host)
{
    std::string place = "http-01 ";
    place += token;
    place += '/';  // in no token
    place += host;
    return place;
}

std::string tls_alpn_01_place(std::string_view server_name)
{
    return "tls-alpn-01 " + std::string(server_name);
}

std::string txt_place(std::string_view name)
{
    return "txt " + std::string(name);
}

}  // namespace challenge
