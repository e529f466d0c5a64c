using System.Net;
using System.Text;
using Osmo.Testing;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Server;

/// <summary>Orleans' own dashboard: for administrators, and only if it was asked for.</summary>
public sealed class DashboardTests : IDisposable
{
    private const string AdminToken = "admin-token-for-tests";
    private const string AgentToken = "agent-token-for-tests";

    private readonly ScratchFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Administrators_see_the_silos_and_nobody_else_does()
    {
        await File.WriteAllTextAsync(_folder.Of("admin"), AdminToken, Cancel);
        await File.WriteAllTextAsync(_folder.Of("agent"), AgentToken, Cancel);
        await using var server = await RunningServer.StartAsync(options =>
        {
            options.AdminTokenFile = _folder.Of("admin");
            options.AgentTokenFile = _folder.Of("agent");
            options.OrleansDashboard = true;
        });
        using (var page = await SendAsync(server, "/orleans/", Basic(AdminToken)))
        {
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
            Assert.Contains("<html", await page.Content.ReadAsStringAsync(Cancel), StringComparison.OrdinalIgnoreCase);
        }

        await Eventually.AgreesAsync(
            async () =>
            {
                using var counters = await SendAsync(server, "/orleans/DashboardCounters", $"Bearer {AdminToken}");
                var text = await counters.Content.ReadAsStringAsync(Cancel);
                return text.Contains("\"siloName\":\"local\"", StringComparison.Ordinal) ? null : $"{counters.StatusCode}: {text}";
            },
            "the dashboard knows the silo");
        foreach (var path in new[] { "/orleans/", "/orleans/DashboardCounters", "/orleans/index.min.js" })
        {
            Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(server, path, $"Bearer {AgentToken}"));
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(server, path, null));
        }
    }

    [Fact]
    public async Task A_server_that_was_not_asked_for_it_has_none()
    {
        await using var server = await RunningServer.StartAsync();
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(server, "/orleans/", null));
    }

    private static string Basic(string token) => $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"admin:{token}"))}";

    private static async Task<HttpStatusCode> StatusAsync(RunningServer server, string path, string? authorization)
    {
        using var answer = await SendAsync(server, path, authorization);
        return answer.StatusCode;
    }

    private static async Task<HttpResponseMessage> SendAsync(RunningServer server, string path, string? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        return await server.Http.SendAsync(request, Cancel);
    }
}
