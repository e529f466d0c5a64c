using Osmo.Integration.Tests.Cli.Support;
using Osmo.Testing;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Cli;

/// <summary>Log-ins and tokens against a real server that lets nobody in without one.</summary>
public sealed class TokenLoginTests
{
    [Fact]
    public async Task An_administrator_makes_a_services_token_which_lets_it_in_until_it_is_deleted()
    {
        using var folder = new ScratchFolder();
        await File.WriteAllTextAsync(folder.Of("admin"), "admin-token-for-tests", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder.Of("agent"), "agent-token-for-tests", TestContext.Current.CancellationToken);
        await using var server = await RunningServer.StartAsync(options =>
        {
            options.AdminTokenFile = folder.Of("admin");
            options.AgentTokenFile = folder.Of("agent");
        });
        using var user = new OsmoUser(server.Url);
        var nobody = await user.RunAsync("config", "show", "BACKEND");
        Assert.Equal(1, nobody.ExitCode);
        Assert.Contains("Log in with 'osmo login URL'", nobody.Error, StringComparison.Ordinal);

        var admin = await user.RunAsync("login", server.Url.ToString(), "--method", "token", "--token-file", folder.Of("admin"));
        Assert.Equal((0, ""), (admin.ExitCode, admin.Error));
        var set = await user.RunAsync(
            "token", "set", "isaac-token", "--description", "Agent of isaac", "--service", "--roles", "osmo-backend");
        Assert.Equal((0, ""), (set.ExitCode, set.Error));
        var token = user.Write("isaac.token", set.Out.Split("Access token: ")[1]);
        Assert.Matches(@"\nisaac-token +Agent of isaac +osmo-backend +Active +\d", (await user.RunAsync("token", "list", "--service")).Out);

        var service = await user.RunAsync(
            "login", server.Url.ToString(), "--method", "token", "--token-file", token, "--profile", "service");
        Assert.Equal((0, ""), (service.ExitCode, service.Error));
        Assert.Equal("Key   Value\n===========\n", (await user.RunAsync("config", "show", "BACKEND")).Out);
        Assert.Equal(1, (await user.RunAsync("token", "set", "more", "--service", "--roles", "osmo-admin")).ExitCode);

        var delete = await user.RunAsync("token", "delete", "isaac-token", "--service", "--profile", "default");
        Assert.Equal("Access token isaac-token deleted\n", delete.Out);
        await Eventually.AgreesAsync(
            async () => (await user.RunAsync("config", "show", "BACKEND")) is { ExitCode: 0 } let ? $"let in: {let.Out}" : null,
            "the deleted token lets nobody in");
    }
}
