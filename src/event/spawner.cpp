#include "event/spawner.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include "nginx/guarded.h"

namespace event {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxOutput = 4096;

// From the end of a program's output, usually its own, to its status.
constexpr base::Duration kCollect = 20ms;

// What posix_spawn() is told, and given back.
class Plan {
public:
    explicit Plan(int output)
    {
        posix_spawn_file_actions_init(&actions_);
        posix_spawnattr_init(&attributes_);
        posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY,
                                         0);
        posix_spawn_file_actions_adddup2(&actions_, output, 1);
        posix_spawn_file_actions_adddup2(&actions_, output, 2);
        // The lock on the state directory and nginx's sockets stay here.
        posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
        sigset_t all;
        sigfillset(&all);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        sigset_t none;
        sigemptyset(&none);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(&attributes_,
                                 POSIX_SPAWN_SETSIGDEF
                                     | POSIX_SPAWN_SETSIGMASK
                                     | POSIX_SPAWN_SETPGROUP);
    }
    ~Plan()
    {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }
    Plan(const Plan&) = delete;
    Plan& operator=(const Plan&) = delete;

    int carry_out(pid_t& pid, std::vector<std::string>& arguments,
                  std::vector<std::string>& environment) const
    {
        auto argv = pointers(arguments);
        auto envp = pointers(environment);
        return posix_spawn(&pid, argv[0], &actions_, &attributes_,
                           argv.data(), envp.data());
    }

private:
    static std::vector<char*> pointers(std::vector<std::string>& texts)
    {
        std::vector<char*> all;
        all.reserve(texts.size() + 1);
        for (auto& text : texts) {
            all.push_back(text.data());
        }
        all.push_back(nullptr);
        return all;
    }

    posix_spawn_file_actions_t actions_;
    posix_spawnattr_t attributes_;
};

base::Error failure(const std::string& name, int error)
{
    return {base::ErrorKind::config,
            "cannot run \"" + name + "\" as the worker user: "
                + strerror(error)};
}

// Since when it runs, in ticks since the machine was started: no two processes
// of the same id have begun at once. Empty when there is none, or a dead one.
std::string start_of(pid_t pid)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(file, text);
    // The program's name stands in parentheses, and may have some.
    const auto end = text.rfind(')');
    if (end == std::string::npos) {
        return {};
    }
    std::istringstream fields(text.substr(end + 1));
    constexpr int kStart = 20;  // after the name
    std::string field;
    for (int i = 0; i < kStart; i++) {
        fields >> field;
        if (i == 0 && field == "Z") {
            return {};
        }
    }
    return field;
}

// Of one that runs; else 0.
pid_t pid_of(const std::string& identity)
{
    const auto colon = identity.find(':');
    if (colon == std::string::npos) {
        return 0;
    }
    pid_t pid = 0;
    std::from_chars(identity.data(), identity.data() + colon, pid);
    const auto start = start_of(pid);
    return !start.empty() && start == identity.substr(colon + 1) ? pid : 0;
}

int code_of(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

void reset_child_signal() { signal(SIGCHLD, SIG_DFL); }

Spawner::~Spawner()
{
    for (auto& child : children_) {
        close_output(child);
        if (child.pid > 0) {
            ::kill(-child.pid, SIGKILL);
        }
    }
}

std::string Spawner::run(Program program, Done done)
{
    children_.push_back({*this, program.name, std::move(done)});
    auto& child = children_.back();
    if (auto status = start(child, program); !status) {
        child.collection = timers_.after(
            base::Duration(0), [this, &child, error = status.error()] {
                finish(child, error);
            });
        return {};
    }
    child.limit = timers_.after(program.limit, [this, &child] {
        child.too_long = true;
        ::kill(-child.pid, SIGKILL);
        // What it left behind may keep it open.
        close_output(child);
        collect(child);
    });
    const auto start = start_of(child.pid);
    return start.empty() ? start : std::to_string(child.pid) + ":" + start;
}

bool Spawner::is_running(const std::string& identity) const
{
    return pid_of(identity) > 0;
}

void Spawner::kill(const std::string& identity)
{
    if (const auto pid = pid_of(identity); pid > 0) {
        ::kill(-pid, SIGKILL);
    }
}

base::Status Spawner::start(Child& child, Program& program)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        return failure(child.name, errno);
    }
    // A program expects its output to wait for the reader.
    fcntl(ends[1], F_SETFL, 0);
    const int error = Plan(ends[1]).carry_out(child.pid, program.arguments,
                                              program.environment);
    close(ends[1]);
    if (error != 0) {
        close(ends[0]);
        child.pid = -1;
        return failure(child.name, error);
    }
    if (!watch(child, ends[0])) {
        // Without a reader it is only waited for; not from within the caller's
        // call, who still has to do with the child.
        child.collection =
            timers_.after(kCollect, [this, &child] { collect(child); });
    }
    return base::ok();
}

bool Spawner::watch(Child& child, int fd)
{
    auto* connection = ngx_get_connection(fd, ngx_cycle->log);
    if (connection == nullptr) {
        close(fd);
        return false;
    }
    connection->data = &child;
    connection->read->handler = on_output;
    connection->read->log = ngx_cycle->log;
    connection->write->log = ngx_cycle->log;
    child.output = connection;
    return ngx_add_event(connection->read, NGX_READ_EVENT, NGX_LEVEL_EVENT)
        == NGX_OK;
}

void Spawner::on_output(ngx_event_t* event) noexcept
{
    auto* connection = static_cast<ngx_connection_t*>(event->data);
    auto& child = *static_cast<Child*>(connection->data);
    nginx::guarded(event->log, [&child] {
        auto& owner = child.owner;
        if (!owner.read(child)) {
            owner.close_output(child);
            owner.collect(child);
        }
    });
}

// False at the end of the output.
bool Spawner::read(Child& child)
{
    char buffer[1024];
    for (;;) {
        const auto size = ::read(child.output->fd, buffer, sizeof(buffer));
        if (size <= 0) {
            return size < 0 && (errno == EAGAIN || errno == EINTR);
        }
        const auto room = kMaxOutput - child.text.size();
        child.text.append(buffer, std::min(std::size_t(size), room));
    }
}

void Spawner::collect(Child& child)
{
    int status = 0;
    const auto pid = waitpid(child.pid, &status, WNOHANG);
    if (pid == 0) {
        child.collection = timers_.after(kCollect, [this, &child] {
            collect(child);
        });
        return;
    }
    if (child.too_long) {
        finish(child, base::Error{base::ErrorKind::protocol,
                                  "\"" + child.name
                                      + "\" ran too long and was killed"});
        return;
    }
    if (pid < 0) {
        finish(child, failure(child.name, errno));
        return;
    }
    finish(child, End{code_of(status), child.text});
}

void Spawner::finish(Child& child, base::Result<End> result)
{
    close_output(child);
    auto done = std::move(child.done);
    children_.remove_if([&child](const Child& c) { return &c == &child; });
    done(std::move(result));
}

void Spawner::close_output(Child& child)
{
    if (child.output != nullptr) {
        ngx_close_connection(std::exchange(child.output, nullptr));
    }
}

}  // namespace event
