// tls-alpn-01 (RFC 8737; RFC 8738 for IP addresses): a certificate that carries
// a digest of the key authorization goes to the board, from where every worker
// shows it to who asks for "acme-tls/1" and nothing else.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "challenge/board.h"
#include "challenge/outside.h"
#include "challenge/solver.h"

namespace challenge {

class TlsAlpn01 : public Solver {
public:
    // All that is given outlives the solver.
    TlsAlpn01(Board& board, Outside& outside)
        : board_(board), outside_(outside)
    {}

    std::string_view type() const override { return "tls-alpn-01"; }
    // Two certificates with the same name are proved one after the other: a
    // server name has room for one answer.
    void present(const Proof& proof, Presented presented) override;
    void clean_up(const Proof& proof) override;
    void clean_up_all() override;
    void preflight(const Proof& proof, Presented done) override;

private:
    struct Claim {
        Proof proof;
        Presented presented;  // empty once it was called
    };

    void put_up(const std::string& place);
    base::Status publish(const std::string& place, const Proof& proof);
    void knock(const Proof& proof, const Presented& done);

    Board& board_;
    Outside& outside_;
    // By place; the first is on the board, the others wait.
    std::map<std::string, std::deque<Claim>> claims_;
};

// The server name that the CA asks for: the DNS name itself, or, for an IP
// address, its name in the reverse tree (RFC 8738, section 6).
std::string server_name_of(const base::Identifier& identifier);

}  // namespace challenge
