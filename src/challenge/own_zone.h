// OwnZone: the zone that this nginx is the name server of. What is written to
// it lies on the board, from where every worker answers.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/identifier.h"
#include "challenge/board.h"
#include "dns/provider.h"

namespace challenge {

class OwnZone : public dns::Provider {
public:
    // The board outlives it. The zone and its name server are lower case,
    // without a dot at the end.
    OwnZone(Board& board, std::string zone, std::string name_server)
        : board_(board),
          zone_(std::move(zone)),
          name_server_(std::move(name_server))
    {}

    void place(const std::string& domain, const Placed& placed) override;
    void add(const dns::TxtRecord& record, Done done) override;
    void remove(const dns::TxtRecord& record, Done done) override;
    base::Status check_zone(const dns::Name& zone) const override;

private:
    base::Status publish(const std::string& name);

    Board& board_;
    const std::string zone_;
    const std::string name_server_;
    std::map<std::string, std::vector<std::string>> values_;  // by name
};

// The name without the "*." of a wildcard: both are proved at the same place.
std::string domain_of(const base::Identifier& identifier);

// The values of a txt_place().
std::vector<std::string> split_values(std::string_view content);

}  // namespace challenge
