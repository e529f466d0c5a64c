using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Osmo.Access.Auditing;
using Osmo.Access.Recognition;
using Osmo.Access.Roles;
using Osmo.Access.Secrets;
using Osmo.Access.Tokens;
using Osmo.Domain.Backends;
using Osmo.Gateway;
using Osmo.Gateway.Hosting;
using Osmo.Silo.Hosting;
using Osmo.Storage.Hosting;
using Osmo.Testing;
using Xunit;

namespace Osmo.Integration.Tests.Access;

/// <summary>Roles that let an agent in as one backend only.</summary>
public sealed class BackendRoleTests : IAsyncLifetime
{
    // The second one as OSMO's CLI writes it.
    private static readonly Role[] Roles =
    [
        new("by-channel", "", [new RolePolicy([RoleAction.Parse("http:/api/agent/channel/backend/east:Websocket")])]),
        new("by-listener", "", [new RolePolicy([RoleAction.Parse("http:/api/agent/listener/*/*/east:*")])]),
        new("by-get", "", [new RolePolicy([RoleAction.Parse("http:/api/agent/*:Get")])]),
    ];

    private readonly ScratchFolder _folder = new();
    private readonly Dictionary<string, string> _tokens = [];
    private WebApplication _app = null!;
    private HttpClient _http = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var options = new GatewayOptions { AdminToken = AccessScene.AdminToken, AgentToken = AccessScene.AgentToken };
        builder.Services.AddSqliteStore(_folder.Of("data"));
        builder.Services.AddSilo(MemberOptions.Alone("test", "1"));
        builder.Services.AddSingleton(SecretsKeyRing.Development);
        builder.Services.AddSingleton<IRoleSource>(new TheseRoles());
        builder.Services.AddGateway(options).AddStoredAccess(options);
        _app = builder.Build();
        _app.UseFrontDoor().MapGateway();
        await _app.StartAsync(Cancel);
        _http = new HttpClient { BaseAddress = new Uri(_app.Urls.First()) };
        foreach (var role in Roles)
        {
            await AddTokenAsync(role.Name);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("by-channel", "east", 426)]
    [InlineData("by-channel", "west", 403)]
    [InlineData("by-channel", "east2", 403)]
    [InlineData("by-listener", "east", 426)]
    [InlineData("by-listener", "west", 403)]
    [InlineData("by-listener", "east2", 403)]
    [InlineData("by-get", "east", 403)]
    public async Task An_agent_comes_in_as_the_backend_that_its_role_names(string role, string backend, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/agent/channel/backend/{backend}");
        request.Headers.Add("Authorization", $"Bearer {_tokens[role]}");
        using var answer = await _http.SendAsync(request, Cancel);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    private async Task AddTokenAsync(string role)
    {
        _tokens[role] = TokenText.Create();
        var hash = TokenText.Hash(SecretsKeyRing.Development, _tokens[role]);
        var token = new AccessToken(TokenText.CreateId(), AccessTokenKind.Service, role, role, hash)
        {
            Roles = new TextList([role]),
            ExpiresOn = DateOnly.MaxValue,
        };
        var audit = new AuditEvent(default, "test", "create", role, "", "");
        await _app.Services.GetRequiredService<IAccessStore>().AddTokenAsync(token, audit, Cancel);
        await _app.Services.GetRequiredService<AccessWatch>().RefreshAsync(Cancel);
    }

    private sealed class TheseRoles : IRoleSource
    {
        public Task<long> ReadRevisionAsync(CancellationToken cancellationToken) => Task.FromResult(1L);

        public Task<(long Revision, IReadOnlyList<Role> Roles)> ReadAsync(CancellationToken cancellationToken) =>
            Task.FromResult<(long, IReadOnlyList<Role>)>((1, Roles));
    }
}
