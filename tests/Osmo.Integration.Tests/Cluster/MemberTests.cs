using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Osmo.Domain.Errors;
using Osmo.Server.Hosting;
using Osmo.Silo.Hosting;
using Osmo.Silo.Security;
using Osmo.Testing;
using Osmo.Testing.Channel;
using Osmo.Testing.Postgres;
using Osmo.Testing.Security;
using Xunit;

namespace Osmo.Integration.Tests.Cluster;

/// <summary>Processes that are members of a cluster: who meets whom.</summary>
public sealed class MemberTests(SharedPostgres postgres)
{
    private static readonly TimeSpan StrangersTime = TimeSpan.FromSeconds(10);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Silos_and_a_gateway_on_one_database_meet_and_serve_each_other()
    {
        var database = await postgres.CreateDatabaseAsync(Cancel);
        await using var first = await TestMember.StartAsync(database, "silo-a", ServerRoles.Silo);
        await using var second = await TestMember.StartAsync(database, "silo-b", ServerRoles.Silo);
        await using var gateway = await TestMember.StartAsync(database, "gateway", ServerRoles.Gateway);
        await SeesAsync(gateway, "gateway False", "silo-a True", "silo-b True");

        using var http = new HttpClient { BaseAddress = gateway.Url };
        for (var i = 0; i < 4; i++)
        {
            await RegisterAsync(gateway, $"backend-{i}");
            var placement = await http.GetFromJsonAsync<JsonObject>($"api/backends/backend-{i}/placement", Cancel);
            Assert.Contains((string?)placement!["silo"], new[] { "silo-a", "silo-b" });
        }
    }

    [Fact]
    public async Task Two_servers_with_databases_of_their_own_do_not_meet()
    {
        using ScratchFolder one = new(), other = new();
        await using var first = await OsmoServer.StartAsync(Embedded(one));
        await using var second = await OsmoServer.StartAsync(Embedded(other));
        await SeesAsync(first, "local True");
        await SeesAsync(second, "local True");
    }

    [Fact]
    public async Task Members_with_certificates_of_one_authority_meet_and_a_stranger_does_not_get_in()
    {
        using TestCertificates known = new(), strange = new();
        var database = await postgres.CreateDatabaseAsync(Cancel);
        await using var silo = await TestMember.StartAsync(database, "silo", ServerRoles.Silo, known.Issue("silo"));
        await using var gateway = await TestMember.StartAsync(database, "gateway", ServerRoles.Gateway, known.Issue("gateway"));
        await SeesAsync(gateway, "gateway False", "silo True");
        await RegisterAsync(gateway, "backend");

        // It reaches the table of members, and nobody in it: so it does not become one that serves.
        var starting = TestMember.StartAsync(database, "stranger", ServerRoles.Silo, strange.Issue("stranger"));
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => starting.WaitAsync(StrangersTime, Cancel));
        Assert.True(failure is TimeoutException or SiloEndedException, failure.ToString());
        await RegisterAsync(gateway, "another");
    }

    /// <summary>The files of members that run are replaced, authority and all: whoever joins afterwards knows the new one alone.</summary>
    [Fact]
    public async Task Certificates_that_are_renewed_are_read_again_while_members_run()
    {
        using TestCertificates old = new(), renewed = new();
        ClusterCredentials ofSilo = old.Issue("silo"), ofGateway = old.Issue("gateway");
        var database = await postgres.CreateDatabaseAsync(Cancel);
        await using var silo = await TestMember.StartAsync(database, "silo", ServerRoles.Silo, ofSilo);
        await using var gateway = await TestMember.StartAsync(database, "gateway", ServerRoles.Gateway, ofGateway);
        await SeesAsync(gateway, "gateway False", "silo True");

        renewed.Replace(ofSilo);
        renewed.Replace(ofGateway);
        await using var another = await TestMember.StartAsync(database, "another", ServerRoles.Silo, renewed.Issue("another"));

        await SeesAsync(gateway, "another True", "gateway False", "silo True");
        for (var i = 0; i < 4; i++)
        {
            await RegisterAsync(gateway, $"backend-{i}");
        }
    }

    [Fact]
    public async Task Off_loopback_a_member_without_certificates_is_refused()
    {
        var options = TestMember.Options(await postgres.CreateDatabaseAsync(Cancel), "silo", ServerRoles.Silo);
        options.Cluster = options.Cluster! with { Endpoint = "0.0.0.0:11111", Advertised = "10.0.0.1:11111" };
        var refusal = await Assert.ThrowsAsync<OsmoException>(() => OsmoServer.StartAsync(options));
        Assert.Contains("--cluster-cert-file", refusal.Message, StringComparison.Ordinal);
    }

    private static async Task RegisterAsync(OsmoServer gateway, string backend)
    {
        await using var agent = await ScriptedAgent.JoinAsync(gateway.Url, backend);
        Assert.False(agent.Ended);
    }

    private static async Task SeesAsync(OsmoServer server, params string[] members)
    {
        using var http = new HttpClient { BaseAddress = server.Url };
        await Eventually.AgreesAsync(
            async () =>
            {
                var silos = (await http.GetFromJsonAsync<JsonObject>("api/silos", Cancel))!["silos"]!.AsArray();
                string[] seen =
                [
                    .. silos.Where(silo => (string?)silo!["status"] == "Active")
                        .Select(silo => $"{silo!["name"]} {(bool)silo["hosts_grains"]!}"),
                ];
                return seen.SequenceEqual(members) ? null : string.Join(", ", seen);
            },
            "the members are seen");
    }

    private static OsmoServerOptions Embedded(ScratchFolder folder) =>
        new() { Url = "http://127.0.0.1:0", DataFolder = folder.Path, LogLevel = LogLevel.None };
}
