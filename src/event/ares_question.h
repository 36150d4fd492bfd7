// AresQuestion: one question under way in c-ares, in a channel of its own:
// channels differ in their servers, and one that is used once forgets what a
// server did to the question before. Its sockets and time-outs are on nginx's
// event loop. Helper process only.
#pragma once

#include "nginx/ngx.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// What newer versions call deprecated is all that the oldest one here has.
#define CARES_NO_DEPRECATED 1
#include <ares.h>

#include "base/ports.h"
#include "dns/message.h"
#include "event/socket_watch.h"

namespace event {

struct AresServers {
    std::vector<std::string> addresses;  // empty: those of the system
    bool recursive = true;
};

class AresQuestion {
public:
    using Finished = std::function<void(base::Result<dns::Message>)>;

    // Calls `finished` once, from the event loop; it may destroy this.
    AresQuestion(base::Timers& timers, Finished finished);
    ~AresQuestion();
    AresQuestion(const AresQuestion&) = delete;
    AresQuestion& operator=(const AresQuestion&) = delete;

    // Once.
    void ask(const dns::Name& name, dns::Type type,
             const AresServers& servers);

private:
    static void on_answer(void* self, int status, int timeouts,
                          unsigned char* bytes, int size) noexcept;
    static void on_socket(void* self, ares_socket_t socket, int readable,
                          int writable) noexcept;

    base::Status open(const AresServers& servers);
    base::Status set_servers(const std::vector<std::string>& addresses);
    void watch(ares_socket_t socket, bool readable, bool writable);
    void process(ares_socket_t readable, ares_socket_t writable);
    void go_on();
    void finish();
    void take(int status, std::string_view bytes);
    base::Error no_answer(const char* why) const;

    base::Timers& timers_;
    Finished finished_;
    std::string asked_;  // for the log
    ares_channel channel_ = nullptr;
    SocketWatches watches_;
    std::unique_ptr<base::Timer> timeout_;
    std::unique_ptr<base::Timer> limit_;
    std::optional<base::Result<dns::Message>> outcome_;
};

}  // namespace event
