using System.Buffers.Text;
using System.Diagnostics;
using System.Text;
using Osmo.Integration.Tests.Cli.Support;
using Xunit;

namespace Osmo.Integration.Tests.Cli;

/// <summary><c>osmo login</c>, <c>logout</c> and <c>profile</c>.</summary>
public sealed class LoginTests
{
    private const long Past = 1_000_000_000;
    private const long Future = 4_000_000_000;

    private static ScriptedGateway OpenGateway() =>
        new ScriptedGateway().On("GET /api/profile/settings", "{}").On("GET /api/backends", """{"backends":[]}""");

    [Fact]
    public async Task A_log_in_by_name_is_kept_for_its_owner_alone_and_sent_to_its_gateway_alone()
    {
        await using var gateway = OpenGateway();
        await using var another = OpenGateway();
        using var user = new OsmoUser();

        var login = await user.RunAsync("login", gateway.Url.ToString(), "--method", "dev", "--username", "alice");
        Assert.Equal((0, "Successfully logged in. Welcome alice.\n", ""), (login.ExitCode, login.Out, login.Error));
        Assert.Equal("rw-------", ModeOf(user.ProfilesFile));
        Assert.Equal("rwx------", ModeOf(user.ConfigFolder));

        await user.RunAsync("backend", "list");
        await user.RunAsync("backend", "list", "--server", another.Url.ToString());
        Assert.Equal(["alice", "alice"], gateway.Requests.Select(request => request.Headers["x-osmo-user"]));
        Assert.DoesNotContain("x-osmo-user", Assert.Single(another.Requests).Headers.Keys);

        await user.RunAsync("logout");
        await user.RunAsync("backend", "list");
        Assert.DoesNotContain("x-osmo-user", gateway.Requests[^1].Headers.Keys);
    }

    [Fact]
    public async Task A_log_in_that_the_gateway_does_not_take_is_refused_and_the_one_of_before_stays()
    {
        await using var open = OpenGateway();
        await using var closed = new ScriptedGateway().On("GET /api/profile/settings", _ => (401, """{"detail":"Send a valid token."}"""));
        using var user = new OsmoUser();
        await user.RunAsync("login", open.Url.ToString(), "--method", "dev", "--username", "alice");

        var login = await user.RunAsync("login", closed.Url.ToString(), "--method", "dev", "--username", "mallory");
        Assert.Equal((1, ""), (login.ExitCode, login.Out));
        Assert.Contains("not in development mode", login.Error, StringComparison.Ordinal);
        var list = await user.RunAsync("profile", "list");
        Assert.Contains("alice", list.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("mallory", list.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_access_token_is_exchanged_and_only_the_short_lived_one_is_sent()
    {
        var given = new Queue<string>([Jwt(Past), Jwt(Future)]);
        await using var gateway = new ScriptedGateway()
            .On("POST /api/auth/jwt/access_token", _ => (200, $$"""{"token":"{{given.Dequeue()}}","expires_at":1}"""))
            .On("GET /api/backends", """{"backends":[]}""");
        using var user = new OsmoUser();
        var file = user.Write("token", "secret-access-token\n");

        var login = await user.RunAsync("login", gateway.Url.ToString(), "--method", "token", "--token-file", file);
        Assert.Equal((0, "Successfully logged in. Welcome robot.\n"), (login.ExitCode, login.Out));
        Assert.Equal("secret-access-token", (string?)gateway.Requests[0].Json!["token"]);

        // The first one had ended already: a second is fetched, and kept.
        await user.RunAsync("backend", "list");
        await user.RunAsync("backend", "list");
        Assert.Equal(
            ["POST", "POST", "GET", "GET"],
            gateway.Requests.Select(request => request.Method));
        Assert.All(gateway.Requests.Skip(2), request => Assert.Equal($"Bearer {Jwt(Future)}", request.Headers["Authorization"]));
    }

    [Fact]
    public async Task A_token_that_the_gateway_no_longer_takes_is_renewed_once_although_the_clock_says_it_is_valid()
    {
        await using var gateway = new ScriptedGateway()
            .On("POST /api/auth/jwt/access_token", $$"""{"token":"{{Jwt(Future)}}"}""")
            .On("GET /api/backends", """{"detail":"Send a valid token.","code":"Unauthorized"}""", status: 401);
        using var user = new OsmoUser();
        await user.RunAsync("login", gateway.Url.ToString(), "--method", "token", "--token", "t");

        var list = await user.RunAsync("backend", "list");

        Assert.Equal(1, list.ExitCode);
        Assert.Contains("Send a valid token. Log in with 'osmo login URL'", list.Error, StringComparison.Ordinal);
        Assert.Equal(["POST", "GET", "POST", "GET"], gateway.Requests.Select(request => request.Method));
    }

    [Fact]
    public async Task A_refused_token_is_not_kept()
    {
        await using var gateway = new ScriptedGateway().On(
            "POST /api/auth/jwt/access_token",
            """{"message":"Access Token has expired","error_code":"USER","workflow_id":null}""",
            status: 400);
        using var user = new OsmoUser();

        // The file of OSMO's command line holds the whole address of the exchange.
        var file = user.Write("token", $"{gateway.Url}api/auth/jwt/access_token?access_token=abc%2Bdef");
        var login = await user.RunAsync("login", gateway.Url.ToString(), "--method", "token", "--token-file", file);

        Assert.Equal(1, login.ExitCode);
        Assert.Equal(
            "osmo: Unable to refresh login token (status code 400): Access Token has expired\nPlease re-login with \"osmo login\"\n",
            login.Error);
        Assert.Equal("abc+def", (string?)gateway.Requests[0].Json!["token"]);
        Assert.False(File.Exists(user.ProfilesFile));
    }

    [Fact]
    public async Task A_code_is_entered_on_another_device_while_the_command_waits()
    {
        var polls = 0;
        await using var gateway = new ScriptedGateway();
        gateway
            .On("GET /api/auth/login", $$"""
                {"device_endpoint":"{{gateway.Url}}device","device_client_id":"osmo-device","token_endpoint":"{{gateway.Url}}token"}
                """)
            .On("POST /device", """
                {"device_code":"d","user_code":"WXYZ","verification_uri":"https://login.example/device","interval":0,"expires_in":60}
                """)
            .On("POST /token", _ => ++polls < 3
                ? (400, """{"error":"authorization_pending"}""")
                : (200, $$"""{"id_token":"{{Jwt(Future)}}","refresh_token":"r"}"""));
        using var user = new OsmoUser();

        var login = await user.RunAsync("login", gateway.Url.ToString());

        Assert.Equal("", login.Error);
        Assert.Equal(
            "To log in, open https://login.example/device in a browser and enter the code WXYZ\nSuccessfully logged in. Welcome robot.\n",
            login.Out);
        Assert.Equal(3, polls);
        Assert.Contains(
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code", gateway.Requests[^1].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_identity_provider_the_other_methods_are_named()
    {
        await using var gateway = new ScriptedGateway().On("GET /api/auth/login", """{"device_endpoint":null,"device_client_id":null}""");
        using var user = new OsmoUser();

        var login = await user.RunAsync("login", gateway.Url.ToString());

        Assert.Equal(1, login.ExitCode);
        Assert.Contains("--method token --token-file FILE", login.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Profiles_are_listed_chosen_and_forgotten()
    {
        await using var local = OpenGateway();
        await using var prod = OpenGateway();
        using var user = new OsmoUser();
        await user.RunAsync("login", local.Url.ToString(), "--method", "dev", "--username", "alice", "--profile", "local");
        await user.RunAsync("login", prod.Url.ToString(), "--method", "dev", "--username", "bob", "--profile", "prod");

        var list = await user.RunAsync("profile", "list");
        var (localUrl, prodUrl) = (local.Url.ToString().TrimEnd('/'), prod.Url.ToString().TrimEnd('/'));
        Assert.Equal(
            ["Name Current Server User Login", $"local {localUrl} alice dev", $"prod * {prodUrl} bob dev"],
            list.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Where(line => !line.StartsWith('='))
                .Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));

        await user.RunAsync("profile", "use", "local");
        await user.RunAsync("profile", "delete", "prod");
        var json = await user.RunAsync("profile", "list", "-o", "yaml");
        Assert.Equal(
            $"""
            - name: local
              current: true
              server: {localUrl}
              username: alice
              method: dev

            """,
            json.Out);

        var unknown = await user.RunAsync("backend", "list", "--profile", "locl");
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains("did you mean \"local\"?", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_profiles_that_cannot_be_understood_is_named()
    {
        using var user = new OsmoUser();
        Directory.CreateDirectory(user.ConfigFolder);
        await File.WriteAllTextAsync(user.ProfilesFile, "{\"profiles\":{\"a\":{}}}", TestContext.Current.CancellationToken);

        var list = await user.RunAsync("profile", "list");

        Assert.Equal(1, list.ExitCode);
        Assert.Contains($"{user.ProfilesFile} cannot be understood", list.Error, StringComparison.Ordinal);
    }

    private static string ModeOf(string path)
    {
        using var list = Process.Start(new ProcessStartInfo("stat", ["-c", "%A", path]) { RedirectStandardOutput = true })!;
        return list.StandardOutput.ReadToEnd().Trim()[1..];
    }

    private static string Jwt(long expires)
    {
        static string Part(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
        return $"{Part("{\"alg\":\"none\"}")}.{Part($"{{\"exp\":{expires},\"unique_name\":\"robot\"}}")}.sig";
    }
}
