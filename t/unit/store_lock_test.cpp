#include "store_directory.h"

#include <sys/wait.h>

namespace store_test {

namespace {

class FileLockTest : public StoreTest {};

TEST_F(FileLockTest, OneOfTwoHasIt)
{
    store::FileLock second(root);
    {
        store::FileLock first(root);
        EXPECT_TRUE(*first.try_acquire());
        EXPECT_FALSE(*second.try_acquire());
        EXPECT_TRUE(*first.try_acquire()) << "asking again does not lose it";
        EXPECT_FALSE(*second.try_acquire());
    }
    EXPECT_TRUE(*second.try_acquire());
}

TEST_F(FileLockTest, AKilledProcessGivesItBack)
{
    int ready[2];
    ASSERT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        store::FileLock lock(root);
        auto acquired = lock.try_acquire();
        const char answer = acquired && *acquired ? 'y' : 'n';
        if (write(ready[1], &answer, 1) == 1) {
            pause();
        }
        _exit(1);
    }
    char answer = 0;
    ASSERT_EQ(read(ready[0], &answer, 1), 1);
    ASSERT_EQ(answer, 'y');
    store::FileLock lock(root);
    EXPECT_FALSE(*lock.try_acquire());
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    EXPECT_TRUE(*lock.try_acquire());
    close(ready[0]);
    close(ready[1]);
}

TEST_F(FileLockTest, AProgramStartedMeanwhileDoesNotInheritIt)
{
    store::FileLock second(root);
    pid_t child = -1;
    {
        store::FileLock first(root);
        ASSERT_TRUE(*first.try_acquire());
        child = fork();
        if (child == 0) {
            execlp("sleep", "sleep", "50", nullptr);
            _exit(1);
        }
        // Until exec() the child has it: wait for that by its new name.
        std::string name;
        while (name != "sleep") {
            std::ifstream("/proc/" + std::to_string(child) + "/comm") >> name;
        }
    }
    EXPECT_TRUE(*second.try_acquire());
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
}

TEST_F(FileLockTest, ADeletedFileLocksOutNobody)
{
    store::FileLock first(root);
    store::FileLock second(root);
    ASSERT_TRUE(*first.try_acquire());
    ASSERT_FALSE(*second.try_acquire());
    unlink(path("lock").c_str());
    EXPECT_TRUE(*second.try_acquire());
    EXPECT_FALSE(*first.try_acquire()) << "what it holds is no lock any more";
}

TEST_F(FileLockTest, TheFileIsTheOwnersWhateverTheUmask)
{
    for (const mode_t mask : {mode_t(0), mode_t(0777)}) {
        const mode_t previous = umask(mask);
        EXPECT_TRUE(*store::FileLock(root).try_acquire());
        umask(previous);
        EXPECT_EQ(mode("lock"), 0600U);
        unlink(path("lock").c_str());
    }
}

TEST_F(FileLockTest, ALinkIsNotFollowed)
{
    ASSERT_EQ(symlink("elsewhere", path("lock").c_str()), 0);
    auto acquired = store::FileLock(root).try_acquire();
    ASSERT_FALSE(acquired);
    EXPECT_EQ(acquired.error().kind, base::ErrorKind::storage);
    EXPECT_FALSE(std::filesystem::exists(path("elsewhere")));
}

TEST_F(FileLockTest, APipeIsNotWaitedFor)
{
    ASSERT_EQ(mkfifo(path("lock").c_str(), 0600), 0);
    EXPECT_FALSE(store::FileLock(root).try_acquire());
}

TEST_F(FileLockTest, AMissingRootIsAnError)
{
    auto acquired = store::FileLock(root + "/none").try_acquire();
    ASSERT_FALSE(acquired);
    EXPECT_EQ(acquired.error().message,
              "\"" + root
                  + "/none/lock\": open() failed (2: No such file or "
                    "directory)");
}

}  // namespace

}  // namespace store_test
