// What the store's tests need around them: a directory of their own, a clock
// that stands, and less rights than root has.
#pragma once

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/ports.h"
#include "store/file_store.h"

namespace store_test {

constexpr uid_t kNobody = 65534;

class StandingClock : public base::Clock {
public:
    // 2026-11-23T06:29:18Z
    base::Time time{std::chrono::seconds(1795415358)};
    base::Time now() const override { return time; }
};

// A test that hangs is ended by the alarm: that is its failure.
class StoreTest : public testing::Test {
protected:
    StoreTest()
    {
        char name[] = "/tmp/acme_store.XXXXXX";
        root = mkdtemp(name);
        alarm(60);
    }

    ~StoreTest() override
    {
        alarm(0);
        std::error_code ignored;
        std::filesystem::remove_all(root, ignored);
    }

    store::FileStore writer()
    {
        return {root, store::FileStore::Access::read_write, clock};
    }

    store::FileStore reader()
    {
        return {root, store::FileStore::Access::read_only, clock};
    }

    std::string path(const std::string& name) const
    {
        return root + "/" + name;
    }

    // The folder is made, as the store would.
    void put(const std::string& name, const std::string& bytes) const
    {
        make_folder_of(name);
        std::ofstream(path(name), std::ios::binary) << bytes;
        chmod(path(name).c_str(), 0600);
    }

    void make_folder_of(const std::string& name) const
    {
        const auto folder = name.substr(0, name.find('/'));
        mkdir(path(folder).c_str(), 0700);
    }

    std::string content(const std::string& name) const
    {
        std::ifstream file(path(name), std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    mode_t mode(const std::string& name) const
    {
        struct stat status = {};
        stat(path(name).c_str(), &status);
        return status.st_mode & 07777;
    }

    std::vector<std::string> names_in(const std::string& folder) const
    {
        std::vector<std::string> names;
        std::error_code error;
        for (const auto& entry :
             std::filesystem::directory_iterator(path(folder), error))
        {
            names.push_back(entry.path().filename());
        }
        std::sort(names.begin(), names.end());
        return names;
    }

    std::string root;
    StandingClock clock;
};

// Root may do everything: what a worker meets is seen only as one.
class AsNobody {
public:
    AsNobody() : root_(geteuid() == 0)
    {
        if (root_ && seteuid(kNobody) == -1) {
            ADD_FAILURE() << "seteuid() failed";
        }
    }
    ~AsNobody()
    {
        if (root_ && seteuid(0) == -1) {
            std::abort();
        }
    }

private:
    bool root_;
};

// Files cannot grow beyond `size` bytes: a full disk, as far as write() goes.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t size)
    {
        previous_handler_ = std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &previous_);
        const rlimit limit = {size, previous_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit()
    {
        setrlimit(RLIMIT_FSIZE, &previous_);
        std::signal(SIGXFSZ, previous_handler_);
    }

private:
    rlimit previous_ = {};
    void (*previous_handler_)(int);
};

inline base::Secret secret(const std::string& text)
{
    return base::Secret(text);
}

}  // namespace store_test
