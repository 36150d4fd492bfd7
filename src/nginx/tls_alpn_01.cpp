// tls-alpn-01 (RFC 8737) in the ClientHello callback: before nginx chooses a
// server, and before a session could be resumed. The handshake goes on with an
// SSL_CTX of its own, so that nothing of the site's own settings (protocols,
// ciphers, client certificates) is in its way.
#include "nginx/conf.h"
#include "nginx/guarded.h"

#include "challenge/board.h"

namespace nginx {

namespace {

// The list of protocols with this one alone (section 4), as it is sent.
constexpr std::string_view kOnlyAcme("\0\x0b\x0a" "acme-tls/1", 13);
constexpr std::string_view kProtocol = kOnlyAcme.substr(3);

// No session of another server's, and none of this one's anywhere else.
constexpr unsigned char kSessionContext[] = "acme-tls/1";

enum class Reaction { passed, answered, failed };

std::string_view extension(SSL* ssl, unsigned type)
{
    const unsigned char* data = nullptr;
    std::size_t size = 0;
    if (SSL_client_hello_get0_ext(ssl, type, &data, &size) != 1) {
        return {};
    }
    return {reinterpret_cast<const char*>(data), size};
}

// RFC 6066, section 3: a list of one host name. Anything else is nginx's to
// complain about.
std::string server_name(SSL* ssl)
{
    const auto list = extension(ssl, TLSEXT_TYPE_server_name);
    const auto number = [&list](std::size_t at) {
        return std::size_t(static_cast<unsigned char>(list[at]) << 8
                           | static_cast<unsigned char>(list[at + 1]));
    };
    if (list.size() <= 5 || number(0) != list.size() - 2
        || list[2] != TLSEXT_NAMETYPE_host_name || number(3) != list.size() - 5)
    {
        return {};
    }
    return base::to_lower(list.substr(5));
}

int select_acme(SSL*, const unsigned char** out, unsigned char* size,
                const unsigned char*, unsigned, void*) noexcept
{
    *out = reinterpret_cast<const unsigned char*>(kProtocol.data());
    *size = static_cast<unsigned char>(kProtocol.size());
    return SSL_TLSEXT_ERR_OK;
}

// Instead of nginx's, which would switch to the context of a server.
int accept_name(SSL*, int*, void*) noexcept
{
    return SSL_TLSEXT_ERR_OK;
}

// The certificate was all that was wanted: to nginx this looks as if the
// client had closed the connection, and no request gets through.
void on_state(const SSL* ssl, int where, int) noexcept
{
    if ((where & SSL_CB_HANDSHAKE_DONE) != 0) {
        SSL_set_shutdown(const_cast<SSL*>(ssl), SSL_RECEIVED_SHUTDOWN);
    }
}

// SSL_set_SSL_CTX() leaves at the connection what came from the first context.
bool switch_to(SSL* ssl, SSL_CTX* context, const crypto::Bundle& bundle)
{
    if (SSL_set_SSL_CTX(ssl, context) == nullptr) {
        return false;
    }
    SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
    SSL_set_options(ssl, SSL_OP_NO_TICKET);
    SSL_set_info_callback(ssl, on_state);
    return SSL_set_min_proto_version(ssl, TLS1_2_VERSION) == 1
        && SSL_set_num_tickets(ssl, 0) == 1
        && SSL_set_session_id_context(ssl, kSessionContext,
                                      sizeof(kSessionContext) - 1) == 1
        && SSL_use_cert_and_key(ssl, &bundle.chain.front().native(),
                                &bundle.key.native(), nullptr, 1) == 1;
}

Reaction react(SSL* ssl, MainConf& main)
{
    const auto name = server_name(ssl);
    if (name.empty() || !main.tables) {
        return Reaction::passed;
    }
    const auto answer =
        main.tables->answer(challenge::tls_alpn_01_place(name));
    if (!answer) {
        return Reaction::passed;
    }
    const auto bundle = crypto::parse_bundle(answer->reveal());
    if (!bundle) {
        return Reaction::passed;
    }
    ngx_log_error(NGX_LOG_INFO, log_of(ssl), 0,
                  "acme: answering the tls-alpn-01 challenge for \"%s\"",
                  name.c_str());
    main.tables->count(status::Counted::tls_alpn_01);
    return switch_to(ssl, main.validation_context.get(), *bundle)
        ? Reaction::answered
        : Reaction::failed;
}

// What nginx does with a ClientHello itself.
int pass_on([[maybe_unused]] SSL* ssl, [[maybe_unused]] int* alert)
{
#if (nginx_version >= 1029002)
    return ngx_ssl_client_hello_callback(ssl, alert, nullptr);
#else
    return SSL_CLIENT_HELLO_SUCCESS;
#endif
}

int on_client_hello(SSL* ssl, int* alert, void* main) noexcept
{
    if (extension(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation)
        != kOnlyAcme)
    {
        return pass_on(ssl, alert);
    }
    switch (guarded(log_of(ssl), Reaction::failed, [ssl, main] {
        return react(ssl, *static_cast<MainConf*>(main));
    })) {
    case Reaction::passed:
        return pass_on(ssl, alert);
    case Reaction::answered:
        return SSL_CLIENT_HELLO_SUCCESS;
    case Reaction::failed:
        break;
    }
    *alert = SSL_AD_INTERNAL_ERROR;
    return SSL_CLIENT_HELLO_ERROR;
}

}  // namespace

base::Status make_validation_context(MainConf& main)
{
    crypto::UniqueSslContext context(SSL_CTX_new(TLS_server_method()));
    if (!context) {
        return crypto::openssl_error("making the context for validations");
    }
    SSL_CTX_set_alpn_select_cb(context.get(), select_acme, nullptr);
    SSL_CTX_set_tlsext_servername_callback(context.get(), accept_name);
    main.validation_context = std::move(context);
    return base::ok();
}

void answer_tls_alpn_01(SSL_CTX* context, MainConf& main)
{
    SSL_CTX_set_client_hello_cb(context, on_client_hello, &main);
}

}  // namespace nginx
