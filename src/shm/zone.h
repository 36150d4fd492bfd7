// Zone: the shared memory, seen from one process. A thin cover over nginx's
// slab pool; links within it are offsets.
#pragma once

#include "nginx/ngx.h"

#include <cstdint>

namespace shm {

// From the start of the zone; 0 is nothing.
using Offset = std::uint64_t;

class Zone {
public:
    explicit Zone(ngx_slab_pool_t& pool) : pool_(pool)
    {
        // "No memory" is said by who knows what for.
        pool.log_nomem = 0;
    }

    // Holds the zone's mutex. nginx's master gives it back when a process is
    // killed while holding it.
    class Lock {
    public:
        explicit Lock(Zone& zone) : mutex_(zone.pool_.mutex)
        {
            ngx_shmtx_lock(&mutex_);
        }
        ~Lock() { ngx_shmtx_unlock(&mutex_); }
        Lock(const Lock&) = delete;
        Lock& operator=(const Lock&) = delete;

    private:
        ngx_shmtx_t& mutex_;
    };

    template <typename T>
    T* at(Offset offset)
    {
        return offset == 0 ? nullptr
                           : reinterpret_cast<T*>(
                                 reinterpret_cast<u_char*>(&pool_) + offset);
    }

    Offset offset_of(const void* p) const
    {
        return Offset(static_cast<const u_char*>(p)
                      - reinterpret_cast<const u_char*>(&pool_));
    }

    // Under the Lock. Zeroed memory; nothing when the zone is full.
    void* allocate(std::size_t size)
    {
        return ngx_slab_calloc_locked(&pool_, size);
    }

    // Under the Lock.
    void release(void* p) { ngx_slab_free_locked(&pool_, p); }

    ngx_slab_pool_t& pool() { return pool_; }

private:
    ngx_slab_pool_t& pool_;
};

}  // namespace shm
