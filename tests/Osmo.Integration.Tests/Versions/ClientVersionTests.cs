using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Versions;

/// <summary>Old clients are told, and very old ones are refused, where the SERVICE configuration says so.</summary>
public sealed class ClientVersionTests
{
    private const string Newest = "x-osmo-service-version";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Clients_are_judged_by_the_configuration()
    {
        await using var server = await RunningServer.StartAsync();
        var (status, _, _) = await server.SendAsync(
            HttpMethod.Patch,
            "/api/configs/service",
            """{"configs_dict": {"cli_config": {"latest_version": "2.1.0", "min_supported_version": "1.5.0"}}}""");
        Assert.Equal(200, status);

        using var old = await AskAsync(server, "1.6.2.abc");
        Assert.Equal((HttpStatusCode.OK, "2.1.0"), (old.StatusCode, Assert.Single(old.Headers.GetValues(Newest))));
        var warning = Convert.FromBase64String(Assert.Single(old.Headers.GetValues("x-osmo-warning")));
        Assert.Contains("2.1.0 is available", Encoding.UTF8.GetString(warning), StringComparison.Ordinal);
        using var tooOld = await AskAsync(server, "1.4.9");
        Assert.Equal(HttpStatusCode.BadRequest, tooOld.StatusCode);
        var problem = JsonNode.Parse(await tooOld.Content.ReadAsStringAsync(Cancel))!;
        Assert.Contains("Client version is 1.4.9", (string)problem["message"]!, StringComparison.Ordinal);
        Assert.NotNull(problem["error_code"]);
        foreach (var fine in new[] { "2.1.0", "10.0.0", null })
        {
            using var answer = await AskAsync(server, fine);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.False(answer.Headers.Contains(Newest));
        }
    }

    [Theory]
    [InlineData("1.0")]
    [InlineData("one.two.three")]
    [InlineData("1.0.0x")]
    public async Task What_is_no_version_is_refused(string version)
    {
        await using var server = await RunningServer.StartAsync();
        using var answer = await AskAsync(server, version);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Nobody_is_refused_by_default()
    {
        await using var server = await RunningServer.StartAsync();
        using var answer = await AskAsync(server, "0.0.1");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static async Task<HttpResponseMessage> AskAsync(RunningServer server, string? version)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/configs/backend");
        if (version is not null)
        {
            request.Headers.Add("x-osmo-client-version", version);
        }

        return await server.Http.SendAsync(request, Cancel);
    }
}
