using System.Net;
using System.Text;
using Osmo.Testing;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Access;

/// <summary>Where secrets must not be found: the log, the database's files, the answers to what went wrong.</summary>
public sealed class SecretsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_token_and_no_login_is_in_the_log_the_database_or_an_answer()
    {
        using var folder = new ScratchFolder();
        await File.WriteAllTextAsync(folder.Of("admin"), AccessScene.AdminToken, Cancel);
        await File.WriteAllTextAsync(folder.Of("agent"), AccessScene.AgentToken, Cancel);
        var secrets = new List<string> { AccessScene.AdminToken, AccessScene.AgentToken };
        var answers = new List<string>();
        await using (var server = await ServerProcess.StartAsync(
            folder.Of("data"), more: ["--admin-token-file", folder.Of("admin"), "--agent-token-file", folder.Of("agent")]))
        {
            using var http = new HttpClient { BaseAddress = server.Url };
            var day = TimeProvider.System.GetUtcNow().AddDays(3).ToString("yyyy-MM-dd");
            var made = await SendAsync(http, "POST", $"/api/auth/access_token/service/t1?expires_at={day}", AccessScene.AdminToken);
            var token = made.Trim('"');
            secrets.Add(token);
            var login = await SendAsync(http, "GET", $"/api/auth/jwt/access_token?access_token={token}", null);
            secrets.Add(login.Split('"')[3]);
            foreach (var secret in secrets.ToArray())
            {
                answers.Add(await SendAsync(http, "GET", "/api/audit", secret + "x", isRefused: true));
                answers.Add(await SendAsync(http, "GET", $"/api/auth/jwt/access_token?access_token={secret}x", null, isRefused: true));
                answers.Add(await SendAsync(http, "GET", $"/no/such/page?access_token={secret}", token, isRefused: true));
                answers.Add(await SendAsync(http, "DELETE", "/api/auth/access_token/service/none", token, isRefused: true));
            }

            answers.Add(await SendAsync(http, "GET", "/api/audit", AccessScene.AdminToken));
            answers.Add(await SendAsync(http, "GET", "/api/auth/access_token/service", AccessScene.AdminToken));
            answers.Add(server.ErrorText);
            answers.AddRange(server.Lines);
        }

        var files = Directory.GetFiles(folder.Of("data"), "osmo.db*")
            .Select(file => Encoding.Latin1.GetString(File.ReadAllBytes(file)))
            .ToArray();
        Assert.Contains(files, file => file.Contains("token/service/t1", StringComparison.Ordinal));
        Assert.DoesNotContain(files, file => file.Contains("BEGIN ", StringComparison.Ordinal));
        foreach (var text in answers.Concat(files))
        {
            Assert.DoesNotContain(secrets, secret => text.Contains(secret, StringComparison.OrdinalIgnoreCase));
        }
    }

    private static async Task<string> SendAsync(HttpClient http, string method, string path, string? token, bool isRefused = false)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (token is not null)
        {
            request.Headers.Add("Authorization", $"Bearer {token}");
        }

        using var answer = await http.SendAsync(request, Cancel);
        Assert.Equal(isRefused, answer.StatusCode != HttpStatusCode.OK);
        return await answer.Content.ReadAsStringAsync(Cancel);
    }
}
