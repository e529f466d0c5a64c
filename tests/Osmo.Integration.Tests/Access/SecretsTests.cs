using System.Net;
using System.Security.Cryptography;
using System.Text;
using Osmo.Integration.Tests.Storage;
using Osmo.Server.Hosting;
using Osmo.Testing;
using Osmo.Testing.Postgres;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Access;

/// <summary>Where secrets must not be found: the log, the database's files, the answers to what went wrong.</summary>
public sealed class SecretsTests(SharedPostgres postgres)
{
    private const string Credential = "nvapi-a-registry-password";

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

    [Fact]
    public async Task No_secret_is_in_a_dump_of_PostgreSQL_in_a_trace_or_in_an_error()
    {
        var database = await postgres.CreateDatabaseAsync(Cancel);
        using var traces = new TraceRecorder();
        var secrets = new List<string> { AccessScene.AdminToken, AccessScene.AgentToken, Credential };
        var texts = new List<string>();
        await using (var scene = await AccessScene.StartAsync(options =>
        {
            options.SecretsKeys = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
            options.Cluster = new ClusterSettings
            {
                Postgres = database,
                Id = "one",
                Endpoint = "127.0.0.1:0",
                DrainSeconds = 1,
            };
            secrets.Add(options.SecretsKeys);
        }))
        {
            var token = await scene.CreateTokenAsync("t1", "osmo-admin");
            secrets.AddRange([token, await scene.LogInAsync(token)]);
            var change = $$"""{"configs_dict": {"backend_images": {"credential": {"auth": "{{Credential}}"} } } }""";
            var changed = await scene.SendAsync("PATCH", "/api/configs/workflow", token, change);
            Assert.True(changed.Status == HttpStatusCode.OK, changed.Text);
            texts.Add(changed.Text);
            foreach (var secret in secrets.ToArray())
            {
                texts.AddRange(await ProvokeAsync(scene, secret, token));
            }

            texts.AddRange(scene.Server.Errors);
        }

        var dump = await DumpAsync(database);
        Assert.Contains("token/service/t1", dump, StringComparison.Ordinal);
        Assert.Contains("sealed:v1:", dump, StringComparison.Ordinal);
        Assert.Contains(traces.Texts, text => text.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
        foreach (var text in texts.Concat(traces.Texts).Append(dump))
        {
            Assert.DoesNotContain(secrets, secret => text.Contains(secret, StringComparison.OrdinalIgnoreCase));
        }
    }

    /// <summary>What the server answers to requests that are wrong in many ways and have a secret in them, where none belongs.</summary>
    private static async Task<string[]> ProvokeAsync(AccessScene scene, string secret, string token)
    {
        var quoted = Uri.EscapeDataString(secret);
        (string Method, string Path, string? Credential, string? Body)[] requests =
        [
            ("GET", $"/api/auth/jwt/access_token?access_token={quoted}x", null, null),
            ("POST", "/api/auth/jwt/access_token", null, $$"""{"token": "{{secret}}x"}"""),
            ("POST", "/api/auth/jwt/access_token", null, $$"""{"token": "{{secret}}" """),
            ("GET", "/api/audit", secret + "x", null),
            ("PATCH", "/api/configs/workflow", token, Images($$"""{"auth": ["{{secret}}"]}""")),
            ("PATCH", "/api/configs/workflow", token, Images($"\"{secret}\"")),
            ("PATCH", "/api/configs/workflow", token, Images($$"""{"auth": "{{secret}}",}""")),
            ("PATCH", "/api/configs/service", token, $$"""{"configs_dict": {"service_auth": "{{secret}}"} }"""),
        ];
        var answers = new List<string>();
        foreach (var (method, path, credential, body) in requests)
        {
            var answer = await scene.SendAsync(method, path, credential, body);
            Assert.True((int)answer.Status is >= 400 and < 500, $"{method} {path.Split('?')[0]}: {answer.Status}");
            answers.Add(answer.Text);
        }

        return [.. answers];
    }

    private static string Images(string credential) =>
        $$"""{"configs_dict": {"backend_images": {"credential": {{credential}} } } }""";

    /// <summary>Every table as text, as a backup has it.</summary>
    private static async Task<string> DumpAsync(string database)
    {
        const string Tables = """
            SELECT string_agg(query_to_xml(format('SELECT * FROM %I.%I', schemaname, tablename), true, true, '')::text, ' ')
            FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
            """;
        await using var session = await PostgresSession.OpenAsync(database, Cancel);
        return (string)(await session.RunAsync(Tables, Cancel))!;
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
