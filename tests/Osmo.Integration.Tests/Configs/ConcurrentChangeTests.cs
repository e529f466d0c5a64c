using System.Text.Json.Nodes;
using Osmo.Access.Secrets;
using Osmo.Configs;
using Osmo.Configs.Documents;
using Osmo.Configs.Editing;
using Osmo.Configs.Secrets;
using Osmo.Configs.Storage;
using Osmo.Domain.Backends;
using Osmo.Grains.Backends;
using Osmo.Integration.Tests.Storage;
using Osmo.Testing.Channel;
using Osmo.Testing.Postgres;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Configs;

/// <summary>Many clients change one configuration: no change is lost, and the history has all of them in their order.</summary>
public sealed class ConcurrentChangeTests(SharedPostgres postgres)
{
    private const int Clients = 50;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_document_with_If_Match()
    {
        await using var server = await RunningServer.StartAsync();
        const string Path = "/api/configs/workflow";
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => IncrementAsync(
            server,
            Path,
            HttpMethod.Patch,
            document => (int)document["max_num_tasks"]!,
            number => $$$"""{"configs_dict":{"max_num_tasks":{{{number}}}}}""")));

        Assert.Equal(20 + Clients, (int)(await server.GetAsync(Path))["max_num_tasks"]!);
        var history = (await server.GetAsync("/api/configs/history?config_types=WORKFLOW&limit=1000"))["configs"]!.AsArray();
        Assert.Equal(Enumerable.Range(1, Clients + 1), history.Select(entry => (int)entry!["revision"]!));
        Assert.Equal(Enumerable.Range(20, Clients + 1), history.Select(entry => (int)entry!["data"]!["max_num_tasks"]!));
    }

    [Fact]
    public async Task A_backend_with_If_Match()
    {
        await using var server = await RunningServer.StartAsync();
        await using var agent = await ScriptedAgent.JoinAsync(server.Url, "east");
        const string Path = "/api/configs/backend/east";
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => IncrementAsync(
            server,
            Path,
            HttpMethod.Post,
            document => (int)document["scheduler_settings"]!["scheduler_timeout"]!,
            number => $$$$"""{"configs":{"scheduler_settings":{"scheduler_timeout":{{{{number}}}}}}}""")));

        Assert.Equal(30 + Clients, (int)(await server.GetAsync(Path))["scheduler_settings"]!["scheduler_timeout"]!);
        var history = (await server.GetAsync("/api/configs/history?config_types=BACKEND&limit=1000"))["configs"]!.AsArray();
        Assert.Equal(Enumerable.Range(1, Clients + 2), history.Select(entry => (int)entry!["revision"]!));
        Assert.Equal(
            Enumerable.Range(30, Clients + 1),
            history.Skip(1).Select(entry => (int)entry!["data"]![0]!["scheduler_settings"]!["scheduler_timeout"]!));
    }

    [Fact]
    public async Task Two_gateways_that_share_PostgreSQL()
    {
        await using var database = new PostgresUnderTest(postgres);
        await database.OpenAsync(Cancel);
        var secrets = new ConfigSecrets(SecretsKeyRing.Development);
        Configurations[] gateways =
        [
            new(database.Configs, database.Store, secrets, TimeProvider.System),
            new(database.Configs, database.Store, secrets, TimeProvider.System),
        ];
        await Task.WhenAll(gateways.Select(gateway => gateway.InitializeAsync(Cancel)));
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => gateways[client % 2].ChangeAsync(Increment(client), Cancel)));
        Array.ForEach(gateways, gateway => gateway.Dispose());

        var history = await database.Configs.ReadHistoryAsync(
            new ConfigHistoryQuery { Types = [ConfigType.Workflow], Limit = 1_000 }, Cancel);
        Assert.Equal(Enumerable.Range(1, Clients + 1), history.Select(entry => (int)entry.Revision));
        Assert.Equal(
            Enumerable.Range(20, Clients + 1), history.Select(entry => (int)JsonNode.Parse(entry.DocumentJson!)!["max_num_tasks"]!));
        Assert.Equal(Clients, history.Select(entry => entry.Description).Distinct().Count() - 1);
    }

    private static ConfigChange Increment(int client) => new(
        ConfigType.Workflow,
        "",
        new Audit("ann", $"client {client}", TextList.Empty, new RequestId($"ann/{client}", client)),
        "",
        entries => StrategicMerge.Apply(entries, new JsonObject { ["max_num_tasks"] = (int)entries["max_num_tasks"]! + 1 }));

    private static async Task IncrementAsync(
        RunningServer server, string path, HttpMethod method, Func<JsonNode, int> read, Func<int, string> change)
    {
        int status;
        do
        {
            var (_, document, etag) = await server.SendAsync(HttpMethod.Get, path, null);
            (status, var answer, _) = await server.SendAsync(method, path, change(read(document!) + 1), etag);
            Assert.True(status is 200 or 412, answer?.ToJsonString());
        }
        while (status == 412);
    }
}
