using Osmo.Access.Secrets;
using Osmo.Domain.Errors;
using Osmo.Integration.Tests.Storage;
using Osmo.Server.Hosting;
using Osmo.Testing;
using Osmo.Testing.Postgres;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Configs;

/// <summary>Where a server has the keys from that protect its secrets.</summary>
public sealed class SecretsKeyOptionTests(SharedPostgres postgres) : IDisposable
{
    private const string Change = """{"configs_dict":{"workflow_alerts":{"slack_token":"t0ken"}}}""";

    private readonly ScratchFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_rotated_key_opens_what_the_old_one_sealed_and_without_it_the_secret_can_still_be_replaced()
    {
        string first = SecretsKeyRing.NewKeyText(), second = SecretsKeyRing.NewKeyText();
        var file = _folder.Of("keys");
        await File.WriteAllTextAsync(file, first, Cancel);
        await using var server = await RunningServer.StartAsync(options => options.SecretsKeyFile = file);
        Assert.Equal("\"2\"", await SetAsync(server));

        await File.WriteAllTextAsync(file, $"{second}\n{first}\n", Cancel);
        await server.RestartAsync();
        Assert.Equal("\"2\"", await SetAsync(server));

        await File.WriteAllTextAsync(file, second, Cancel);
        await server.RestartAsync();
        Assert.Equal("**********", (string?)(await server.GetAsync("/api/configs/workflow"))["workflow_alerts"]!["slack_token"]);
        Assert.Equal("\"3\"", await SetAsync(server));
        Assert.Equal("\"3\"", await SetAsync(server));
        Assert.False(File.Exists(Path.Combine(server.DataFolder, "secrets.key")));
    }

    [Theory]
    [InlineData("not a key", null, "not base64 of 32 bytes")]
    [InlineData(null, null, "cannot be read")]
    [InlineData("not a key", "not a key", "given twice")]
    public async Task Keys_that_cannot_be_used_stop_the_start(string? text, string? variable, string problem)
    {
        var file = _folder.Of("keys");
        if (text is not null)
        {
            await File.WriteAllTextAsync(file, text, Cancel);
        }

        var failure = await Assert.ThrowsAsync<OsmoException>(() => RunningServer.StartAsync(options =>
        {
            options.SecretsKeyFile = file;
            options.SecretsKeys = variable;
        }));
        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("not a key", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_on_PostgreSQL_with_tokens_does_not_start_without_a_key()
    {
        await using var database = new PostgresUnderTest(postgres);
        await database.OpenAsync(Cancel);
        await File.WriteAllTextAsync(_folder.Of("admin"), "an-administrators-token", Cancel);
        await File.WriteAllTextAsync(_folder.Of("agent"), "a-token-for-the-agents", Cancel);
        var failure = await Assert.ThrowsAsync<OsmoException>(() => RunningServer.StartAsync(options =>
        {
            options.AdminTokenFile = _folder.Of("admin");
            options.AgentTokenFile = _folder.Of("agent");
            options.Cluster = new ClusterSettings
            {
                Roles = ServerRoles.Silo | ServerRoles.Gateway,
                Postgres = database.ConnectionString!,
                Id = "one",
                Endpoint = "127.0.0.1:0",
                CertificateName = "osmo-silo",
                DrainSeconds = 1,
                CallSeconds = 10,
            };
        }));
        Assert.Contains("openssl rand -base64 32", failure.Message, StringComparison.Ordinal);
    }

    private static async Task<string?> SetAsync(RunningServer server)
    {
        var (status, _, etag) = await server.SendAsync(HttpMethod.Patch, "/api/configs/workflow", Change);
        Assert.Equal(200, status);
        return etag;
    }
}
