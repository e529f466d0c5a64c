using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osmo.Gateway;
using Osmo.Gateway.Hosting;
using Osmo.Grains.Errors;
using Osmo.Silo.Engine;
using Osmo.Silo.Hosting;
using Osmo.Storage.Hosting;

namespace Osmo.Server.Hosting;

/// <summary>A silo and a gateway in one process, on the embedded store.</summary>
public sealed class OsmoServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OsmoServer(WebApplication app) => _app = app;

    /// <summary>Where the gateway listens.</summary>
    public Uri Url => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>The server's services.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Completes when the process is asked to stop.</summary>
    public Task WaitForShutdownAsync() => _app.WaitForShutdownAsync();

    /// <summary>Starts a server.</summary>
    /// <exception cref="OsmoException">An option, the data folder or the address cannot be used; the message says what to do.</exception>
    public static async Task<OsmoServer> StartAsync(OsmoServerOptions options)
    {
        var gateway = new GatewayOptions
        {
            AdminToken = ReadToken(options.AdminTokenFile, "--admin-token-file"),
            AgentToken = ReadToken(options.AgentTokenFile, "--agent-token-file"),
        };
        RequireTwoTokens(gateway);
        gateway.DeveloperMode = gateway.AdminToken is null && gateway.AgentToken is null;
        var url = ParseUrl(options.Url, gateway.DeveloperMode);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
            console.UseUtcTimestamp = true;
        });
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.SetMinimumLevel(options.LogLevel);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);

        // A process that stops hangs up on its own agents before they have stopped: that they notice is no news.
        var stopping = CancellationToken.None;
        builder.Logging.AddFilter("Osmo.Agent", level => level >= options.LogLevel && !stopping.IsCancellationRequested);
        builder.WebHost.UseUrls(url.ToString());
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
        builder.Services.AddSqliteStore(options.DataFolder);
        builder.Services.AddSilo(new SiloIdentity("local"));
        builder.Services.AddGateway(gateway);
        var app = builder.Build();
        stopping = app.Lifetime.ApplicationStopping;
        app.MapGateway();
        try
        {
            await app.StartAsync();
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            await app.DisposeAsync();
            throw new OsmoException(
                ErrorCode.Unavailable,
                $"Cannot listen on {options.Url}: {failure.Message.TrimEnd('.')}. "
                + "Stop what uses the port, or choose another address with --url.");
        }

        return new OsmoServer(app);
    }

    /// <summary>Stops the gateway, then the silo, then closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static Uri ParseUrl(string text, bool developerMode)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttp || url.PathAndQuery != "/")
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                $"\"{text}\" is no address to listen on. Use one such as http://127.0.0.1:8080: http, a host, a port and no path. "
                + "To serve https, put a proxy in front that ends TLS.");
        }

        var loopback = url.Host == "localhost" || (IPAddress.TryParse(url.Host, out var address) && IPAddress.IsLoopback(address));

        // A free port can only be had for one address at a time, and localhost stands for two.
        var bound = url is { Host: "localhost", Port: 0 } ? new UriBuilder(url) { Host = "127.0.0.1" }.Uri : url;
        return loopback || !developerMode
            ? bound
            : throw new OsmoException(
                ErrorCode.Invalid,
                $"Without tokens everybody who reaches the gateway may do everything, so it listens on loopback only, not on {url.Host}. "
                + "Give --admin-token-file and --agent-token-file, or use http://127.0.0.1:8080.");
    }

    /// <summary>With one token alone, or the same in both places, an agent could do what only an administrator should.</summary>
    private static void RequireTwoTokens(GatewayOptions gateway)
    {
        if ((gateway.AdminToken is null) != (gateway.AgentToken is null))
        {
            var missing = gateway.AdminToken is null ? "--admin-token-file" : "--agent-token-file";
            throw new OsmoException(
                ErrorCode.Invalid,
                $"Only one of the two tokens is given. Give {missing} as well, with a token of its own, or none of them.");
        }

        if (gateway.AdminToken is not null && gateway.AdminToken == gateway.AgentToken)
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                "--admin-token-file and --agent-token-file hold the same token, so every agent would be an administrator. "
                + "Make a second one with: head -c 32 /dev/urandom | base64 > agent.token");
        }
    }

    private static string? ReadToken(string? file, string option)
    {
        const int CharsMin = 16;
        if (file is null)
        {
            return null;
        }

        try
        {
            var token = File.ReadAllText(file).Trim();
            return token.Length >= CharsMin
                ? token
                : throw new OsmoException(
                    ErrorCode.Invalid,
                    $"The token in {file} ({option}) has fewer than {CharsMin} characters. "
                    + $"Make one with: head -c 32 /dev/urandom | base64 > {file}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OsmoException(ErrorCode.Invalid, $"The token file {file} ({option}) cannot be read: {failure.Message}");
        }
    }
}
