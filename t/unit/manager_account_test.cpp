// Nonces and accounts.

#include "manager_world.h"

namespace {

using namespace manager_test;

class ManagerAccount : public World {};

TEST_F(ManagerAccount, SurvivesTenBadNoncesInARow)
{
    ca.fault("newOrder", 10, problem(400, "badNonce"));
    configure({"a.example"});
    start();
    run(30s);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(ca.count("newNonce"), 1) << "each answer brings the next";
    EXPECT_EQ(log.count(LogLevel::warn), 0);
}

TEST_F(ManagerAccount, DoesNotRepeatBadNoncesForEver)
{
    ca.fault("newOrder", 1000, problem(400, "badNonce"));
    configure({"a.example"});
    start();
    run(30s);
    EXPECT_EQ(orders(), 11);
    EXPECT_EQ(log.count(LogLevel::warn, "badNonce"), 1);
}

TEST_F(ManagerAccount, IsMadeOnce)
{
    configure({"a.example"});
    start();
    run(30s);
    restart_with({{"a.example"}, {"b.example"}});
    run(30s);
    EXPECT_TRUE(is_served("b.example"));
    EXPECT_EQ(ca.count("newAccount"), 1);
}

TEST_F(ManagerAccount, ForgottenByTheCaIsMadeOnceMore)
{
    configure({"a.example"});
    start();
    run(30s);
    ca.forget_accounts();
    restart_with({{"b.example"}, {"c.example"}, {"d.example"}});
    run(30s);
    EXPECT_EQ(sink.served.size(), 4);
    EXPECT_EQ(ca.count("newAccount"), 2);
    EXPECT_EQ(log.count(LogLevel::warn, "does not know account"), 1);
}

TEST_F(ManagerAccount, MadeAgainIsStored)
{
    configure({"a.example"});
    start();
    run(30s);
    ca.forget_accounts();
    restart_with({{"b.example"}});
    run(30s);
    restart_with({{"c.example"}});
    run(30s);
    EXPECT_TRUE(is_served("c.example"));
    EXPECT_EQ(ca.count("newAccount"), 2);
}

TEST_F(ManagerAccount, ThatTheCaKeepsForgettingIsABackOff)
{
    configure({"a.example"});
    start();
    run(30s);
    ca.fault("newOrder", 1000, problem(400, "accountDoesNotExist"));
    restart_with({{"b.example"}});
    run(23h);
    EXPECT_EQ(ca.count("newAccount"), 2);
    EXPECT_EQ(orders(), 1 + 2);
    EXPECT_EQ(log.count(LogLevel::error, "accountDoesNotExist"), 1);
}

TEST_F(ManagerAccount, ForgottenWhileTheCaRefusesNewOnesIsMadeLater)
{
    configure({"a.example"});
    start();
    run(30s);
    ca.forget_accounts();
    ca.fault("newAccount", 1, problem(500, "serverInternal"));
    restart_with({{"b.example"}, {"c.example"}});
    run(15min);
    EXPECT_TRUE(is_served("b.example"));
    EXPECT_TRUE(is_served("c.example"));
    EXPECT_EQ(ca.accounts(), 2);
}

TEST_F(ManagerAccount, ForgottenByTheCaInMidOrderCostsThatOrder)
{
    ca.validating = kDay;
    configure({"a.example"});
    start();
    run(1h);
    ca.forget_accounts();
    ca.validating = 50ms;
    run(25h);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(ca.count("newAccount"), 2);
    EXPECT_EQ(orders(), 2);
}

// Each of them is told that its order is somebody else's; that is no refusal
// of the names.
TEST_F(ManagerAccount, ForgottenByTheCaInMidOrderDelaysNobodyForADay)
{
    ca.validating = kDay;
    configure({"a.example"});
    configure({"b.example"});
    configure({"c.example"});
    start();
    run(1h);
    ca.forget_accounts();
    ca.validating = 50ms;
    run(30min);
    EXPECT_EQ(sink.served.size(), 3);
    EXPECT_EQ(ca.count("newAccount"), 2);
    EXPECT_EQ(orders(), 6);
}

TEST_F(ManagerAccount, BelongsToOneDirectory)
{
    configure({"a.example"});
    start();
    run(30s);
    settings.issuers[0].directory = other_ca.directory();
    restart();
    run(30s);
    EXPECT_EQ(other_ca.count("newAccount"), 1);
    EXPECT_EQ(store.accounts.size(), 2);
    settings.issuers[0].directory = ca.directory();
    restart_with({{"b.example"}});
    run(30s);
    EXPECT_EQ(ca.count("newAccount"), 1) << "the first account is still there";
}

// --- contacts --------------------------------------------------------------

TEST_F(ManagerAccount, HasNewContactsToldToTheCaOnce)
{
    configure({"a.example"});
    start();
    run(30s);
    EXPECT_TRUE(ca.contacts.empty());
    settings.issuers[0].contacts = {"mailto:a@a.example"};
    for (int i = 0; i < 3; ++i) {
        restart_with({{"b" + std::to_string(i) + ".example"}});
        run(30s);
    }
    EXPECT_EQ(ca.contacts, Names{"mailto:a@a.example"});
    settings.issuers[0].contacts = {};
    restart_with({{"c.example"}});
    run(30s);
    EXPECT_EQ(ca.contacts.back(), "");
    EXPECT_EQ(ca.count("newAccount"), 1);
}

TEST_F(ManagerAccount, WhoseContactsTheCaRefusesIsOfUseAllTheSame)
{
    settings.issuers[0].contacts = {"mailto:a@a.example"};
    configure({"a.example"});
    start();
    run(30s);
    settings.issuers[0].contacts = {"mailto:b@invalid"};
    ca.fault("account", 1, problem(400, "invalidContact"));
    restart_with({{"b.example"}});
    run(30s);
    EXPECT_TRUE(is_served("b.example"));
    EXPECT_EQ(log.count(LogLevel::warn, "invalidContact"), 1);
}

// --- another key -----------------------------------------------------------

class ManagerAccountKey : public ManagerAccount {
protected:
    void obtain_then_want(crypto::KeyType type)
    {
        configure({"a.example"});
        start();
        run(30s);
        settings.issuers[0].account_key_type = type;
    }

    store::Account account() const
    {
        return *store::decode_account(
            store.accounts.begin()->second.reveal());
    }

    crypto::KeyType stored_type() const
    {
        return crypto::PrivateKey::from_pem(account().key_pem.reveal())
            ->type();
    }

    void order(const char* name)
    {
        restart_with({{name}});
        run(15min);
        EXPECT_TRUE(is_served(name));
    }
};

TEST_F(ManagerAccountKey, OfAnotherTypeReplacesTheOneBefore)
{
    obtain_then_want(crypto::KeyType::ecdsa_384);
    order("b.example");
    EXPECT_EQ(ca.count("keyChange"), 1);
    EXPECT_EQ(ca.count("newAccount"), 1) << "it is the same account";
    EXPECT_EQ(stored_type(), crypto::KeyType::ecdsa_384);
    EXPECT_TRUE(account().next_key_pem.empty());
    order("c.example");
    EXPECT_EQ(ca.count("keyChange"), 1);
}

TEST_F(ManagerAccountKey, OfTheOperatorReplacesOursAndIsNotStored)
{
    const auto own = crypto_test::new_key();
    obtain_then_want(crypto::KeyType::ecdsa_256);
    settings.issuers[0].account_key_pem = *own.to_pem();
    order("b.example");
    EXPECT_EQ(ca.accounts(), 1);
    EXPECT_TRUE(account().key_pem.empty());
    order("c.example");
    EXPECT_EQ(ca.count("keyChange"), 1);
}

TEST_F(ManagerAccountKey, WhoseAnswerGotLostIsFoundOut)
{
    obtain_then_want(crypto::KeyType::ecdsa_384);
    ca.lose_answer_to("keyChange");
    order("b.example");
    EXPECT_EQ(ca.count("keyChange"), 1);
    EXPECT_EQ(ca.accounts(), 1);
    EXPECT_EQ(stored_type(), crypto::KeyType::ecdsa_384);
}

TEST_F(ManagerAccountKey, OfAHelperThatDiedOnTheAnswerIsFoundOut)
{
    obtain_then_want(crypto::KeyType::ecdsa_384);
    const auto before = store.accounts;
    order("b.example");
    // What was on disk when the request went out.
    auto stored = *store::decode_account(before.begin()->second.reveal());
    stored.next_key_pem = account().key_pem;
    store.accounts.begin()->second = store::encode(stored);
    order("c.example");
    EXPECT_EQ(ca.accounts(), 1);
    EXPECT_EQ(stored_type(), crypto::KeyType::ecdsa_384);
}

TEST_F(ManagerAccountKey, ThatIsRefusedLeavesTheOneBefore)
{
    obtain_then_want(crypto::KeyType::ecdsa_384);
    ca.fault("keyChange", 1, problem(500, "serverInternal"));
    order("b.example");
    EXPECT_EQ(stored_type(), crypto::KeyType::ecdsa_256);
    EXPECT_EQ(log.count(LogLevel::warn, "it keeps the one it has"), 1);
    order("c.example");
    EXPECT_EQ(stored_type(), crypto::KeyType::ecdsa_384);
    EXPECT_EQ(ca.accounts(), 1);
}

TEST_F(ManagerAccountKey, OfAnotherAccountIsNotTaken)
{
    const auto own = crypto_test::new_key();
    settings.issuers[0].account_key_pem = *own.to_pem();
    configure({"a.example"});
    start();
    run(30s);
    settings.issuers[0].account_key_pem.clear();
    store.accounts.clear();
    order("b.example");
    EXPECT_EQ(ca.accounts(), 2);
    settings.issuers[0].account_key_pem = *own.to_pem();
    order("c.example");
    EXPECT_EQ(log.count(LogLevel::warn, "of another account"), 1);
}

TEST_F(ManagerAccountKey, ThatACaCannotChangeStays)
{
    ca.changes_keys = false;
    obtain_then_want(crypto::KeyType::ecdsa_384);
    order("b.example");
    EXPECT_EQ(stored_type(), crypto::KeyType::ecdsa_256);
    EXPECT_EQ(log.count(LogLevel::warn, "the CA cannot do that"), 1);
}

TEST_F(ManagerAccountKey, OfTheOperatorMakesAnAccountWhereItCannotBeChanged)
{
    ca.changes_keys = false;
    const auto own = crypto_test::new_key();
    obtain_then_want(crypto::KeyType::ecdsa_256);
    settings.issuers[0].account_key_pem = *own.to_pem();
    order("b.example");
    EXPECT_EQ(ca.accounts(), 2);
}

// --- its end ---------------------------------------------------------------

TEST_F(ManagerAccountKey, OfADeactivatedAccountIsReplacedWithIt)
{
    obtain_then_want(crypto::KeyType::ecdsa_256);
    const auto before = account();
    ca.deactivated = {before.url};
    order("b.example");
    EXPECT_EQ(ca.accounts(), 2);
    EXPECT_NE(account().key_pem, before.key_pem);
    EXPECT_NE(account().url, before.url);
    EXPECT_EQ(log.count(LogLevel::error, "is deactivated at the CA"), 1);
}

TEST_F(ManagerAccountKey, OfADeactivatedAccountIsReplacedOnce)
{
    obtain_then_want(crypto::KeyType::ecdsa_256);
    for (int i = 1; i < 10; ++i) {
        ca.deactivated.insert("https://ca.example/account/"
                              + std::to_string(i));
    }
    restart_with({{"b.example"}, {"c.example"}});
    run(3 * kDay);
    EXPECT_EQ(ca.accounts(), 2);
    EXPECT_FALSE(is_served("b.example"));
}

TEST_F(ManagerAccountKey, OfTheOperatorIsNotReplaced)
{
    const auto own = crypto_test::new_key();
    settings.issuers[0].account_key_pem = *own.to_pem();
    obtain_then_want(crypto::KeyType::ecdsa_256);
    ca.deactivated = {account().url};
    restart_with({{"b.example"}});
    run(20h);
    EXPECT_EQ(ca.accounts(), 1);
    EXPECT_EQ(log.count(LogLevel::error, "name another key"), 1);
}

TEST_F(ManagerAccount, ThatIsGoodIsNotReplacedForARefusedOrder)
{
    configure({"a.example"});
    start();
    run(30s);
    ca.fault("newOrder", 1, problem(403, "unauthorized"));
    restart_with({{"b.example"}});
    run(1h);
    EXPECT_EQ(ca.accounts(), 1);
    EXPECT_EQ(log.count(LogLevel::error, "unauthorized"), 1);
}

// --- external accounts -----------------------------------------------------

acme::ExternalAccount external_account(const char* kid)
{
    return {kid, base::Secret("secret")};
}

TEST_F(ManagerAccount, IsBoundToAnExternalOne)
{
    ca.external = {{"kid-1", "secret"}};
    settings.issuers[0].external_account = external_account("kid-1");
    configure({"a.example"});
    start();
    run(30s);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(ca.count("newAccount"), 1);
    restart_with({{"b.example"}});
    run(30s);
    EXPECT_TRUE(is_served("b.example"));
    EXPECT_EQ(ca.count("newAccount"), 1) << "one account for one key";
}

TEST_F(ManagerAccount, ThatMustBeBoundSaysHow)
{
    ca.external = {{"kid-1", "secret"}};
    configure({"a.example"});
    start();
    run(23h);
    EXPECT_EQ(log.count(LogLevel::error, "external_account_key"), 1);
    EXPECT_EQ(ca.count("newAccount"), 0);
}

TEST_F(ManagerAccount, WithCredentialsThatAreRefusedWaitsADay)
{
    ca.external = {{"kid-1", "other"}};
    settings.issuers[0].external_account = external_account("kid-1");
    configure({"a.example"});
    start();
    run(23h);
    EXPECT_EQ(ca.count("newAccount"), 1);
    EXPECT_EQ(log.count(LogLevel::error, "registering the account"), 1);
}

// Google's credentials are good for one registration.
TEST_F(ManagerAccount, WhoseRegistrationsAnswerGotLostIsFoundAgain)
{
    ca.external = {{"kid-1", "secret"}};
    settings.issuers[0].external_account = external_account("kid-1");
    ca.lose_answer_to("newAccount");
    configure({"a.example"});
    start();
    run(15min);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(ca.accounts(), 1);
    EXPECT_EQ(ca.external["kid-1"], "spent");
}

TEST_F(ManagerAccount, OfOtherCredentialsIsAnother)
{
    ca.external = {{"kid-1", "secret"}, {"kid-2", "secret"}};
    settings.issuers[0].external_account = external_account("kid-1");
    configure({"a.example"});
    start();
    run(30s);
    settings.issuers[0].external_account = external_account("kid-2");
    restart_with({{"b.example"}});
    run(30s);
    EXPECT_TRUE(is_served("b.example"));
    EXPECT_EQ(ca.accounts(), 2);
}

TEST_F(ManagerAccount, GetsCredentialsByItsContact)
{
    ca.external = {{"kid-1", "other"}};
    settings.issuers[0].credentials_service = "https://ca.example/credentials";
    settings.issuers[0].contacts = {"mailto:ops+ca@a.example"};
    configure({"a.example"});
    start();
    run(30s);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(ca.asked_for_credentials,
              Names{"email=ops%2Bca%40a.example"});
    restart_with({{"b.example"}});
    run(30s);
    EXPECT_EQ(ca.asked_for_credentials.size(), 1);
}

TEST_F(ManagerAccount, WithoutAContactGetsNoCredentials)
{
    ca.external = {{"kid-1", "other"}};
    settings.issuers[0].credentials_service = "https://ca.example/credentials";
    configure({"a.example"});
    start();
    run(1h);
    EXPECT_EQ(log.count(LogLevel::error, "\"contact\""), 1);
    EXPECT_TRUE(ca.asked_for_credentials.empty());
}

}  // namespace
