using Osmo.Gateway.Access.Oidc;
using Osmo.Integration.Tests.Access;
using Osmo.Integration.Tests.Cli.Support;
using Xunit;

namespace Osmo.Integration.Tests.Cli;

/// <summary>Log-in by a code, with a real server and an identity provider of the tests' own.</summary>
public sealed class CodeLoginTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_person_enters_a_code_and_is_let_in_with_the_roles_that_the_provider_says(bool givesOldLogIns)
    {
        await using var issuer = await TestIssuer.StartAsync(Cancel);
        issuer.GivesOldLogIns = givesOldLogIns;
        issuer.PollsUntilEntered = 2;
        await using var scene = await StartAsync(issuer);
        using var user = new OsmoUser();

        var login = await user.RunAsync("login", scene.Server.Url.ToString());

        Assert.Equal((0, ""), (login.ExitCode, login.Error));
        Assert.Contains($"open {issuer.Url}/enter in a browser and enter the code ABCD-EFGH", login.Out, StringComparison.Ordinal);
        Assert.EndsWith("Successfully logged in. Welcome Alice.\n", login.Out, StringComparison.Ordinal);
        var list = await user.RunAsync("backend", "list");
        Assert.Equal((0, ""), (list.ExitCode, list.Error));
        Assert.Equal(givesOldLogIns ? 4 : 3, issuer.Grants.Count);
        Assert.Equal(givesOldLogIns, issuer.Grants.Contains("refresh_token"));
        var forbidden = await user.RunAsync("config", "show", "WORKFLOW");
        Assert.Equal(1, forbidden.ExitCode);
        Assert.Contains("The roles of alice do not allow GET /api/configs/workflow", forbidden.Error, StringComparison.Ordinal);
    }

    private static Task<AccessScene> StartAsync(TestIssuer issuer) => AccessScene.StartAsync(options => options.Oidc = new OidcOptions
    {
        Issuer = new Uri(issuer.Url),
        ClientId = TestIssuer.ClientId,
        RolesClaim = "realm_access.roles",
    });
}
