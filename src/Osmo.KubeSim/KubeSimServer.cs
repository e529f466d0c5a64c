using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osmo.KubeSim.Api;
using Osmo.KubeSim.Faults;
using Osmo.KubeSim.Hosting;

namespace Osmo.KubeSim;

/// <summary>A simulated Kubernetes API server on loopback.</summary>
public sealed class KubeSimServer : IAsyncDisposable
{
    // What a real server gives its watches at most.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(60);

    private readonly KubeSimOptions _options;
    private readonly SimulatedAuthority? _authority;
    private readonly ApiServer _api;
    private WebApplication? _application;

    private KubeSimServer(KubeSimOptions options)
    {
        _options = options;
        Cluster = options.Cluster ?? new SimulatedCluster(options.Time);
        _authority = options.Tls ? new SimulatedAuthority(options.Time.GetUtcNow()) : null;
        _api = new ApiServer(Cluster, Faults, Requests, options);
        BaseUri = new Uri("http://127.0.0.1");
    }

    /// <summary>Where it listens.</summary>
    public Uri BaseUri { get; private set; }

    /// <summary>The TCP port.</summary>
    public int Port => BaseUri.Port;

    /// <summary>The state that is served.</summary>
    public SimulatedCluster Cluster { get; }

    /// <summary>The faults in force.</summary>
    public FaultPlan Faults { get; } = new();

    /// <summary>What was asked so far.</summary>
    public RequestCounters Requests { get; } = new();

    /// <summary>The CA certificate by which clients verify the server, PEM; null without TLS.</summary>
    public string? AuthorityPem => _authority?.AuthorityPem;

    /// <summary>Starts a server; it accepts requests when this returns.</summary>
    public static async Task<KubeSimServer> StartAsync(KubeSimOptions? options = null, CancellationToken cancel = default)
    {
        var server = new KubeSimServer(options ?? new KubeSimOptions());
        await server.ListenAsync(server._options.Port, cancel);
        return server;
    }

    /// <summary>A client certificate of the server's CA and its key, both PEM. Needs TLS.</summary>
    public (string CertificatePem, string KeyPem) IssueClientCertificate(string user) =>
        (_authority ?? throw new InvalidOperationException("Client certificates need KubeSimOptions.Tls.")).IssueClient(user);

    /// <summary>
    /// Kills the server: the port refuses connections and all open ones are aborted, watches in mid-stream. The cluster's state stays.
    /// </summary>
    public async Task StopListeningAsync()
    {
        if (_application is not { } application)
        {
            return;
        }

        _application = null;
        Faults.InjectIntoWatches(new WatchFault(WatchFaultKind.Drop));
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await application.StopAsync(now.Token);
        await application.DisposeAsync();
    }

    /// <summary>
    /// Ends as a real server does on SIGTERM: the port refuses at once, open watches fall silent, get a bookmark half-way, and end
    /// cleanly when <paramref name="linger"/> is over. The cluster's state stays.
    /// </summary>
    public async Task ShutDownGracefullyAsync(TimeSpan linger, CancellationToken cancel = default)
    {
        if (_application is not { } application)
        {
            return;
        }

        _application = null;
        Faults.InjectIntoWatches(new WatchFault(WatchFaultKind.Silence));
        // Stops listening now, and waits for the requests that are being served.
        var stopped = application.StopAsync(cancel);
        await Task.Delay(linger / 2, _options.Time, cancel);
        Faults.InjectIntoWatches(new WatchFault(WatchFaultKind.Bookmark));
        await Task.Delay(linger / 2, _options.Time, cancel);
        Faults.InjectIntoWatches(new WatchFault(WatchFaultKind.End));
        await stopped;
        await application.DisposeAsync();
    }

    /// <summary>
    /// Listens again on the same port after <see cref="StopListeningAsync"/> or <see cref="ShutDownGracefullyAsync"/>; as after a
    /// real restart, older versions are expired.
    /// </summary>
    public async Task ResumeListeningAsync(CancellationToken cancel = default)
    {
        if (_application is null)
        {
            Cluster.Store.ExpireOlder(lists: false);
            await ListenAsync(Port, cancel);
        }
    }

    /// <summary>The text of a kubeconfig for this server.</summary>
    /// <param name="token">Bearer token to put in.</param>
    /// <param name="clientCertificateUser">With TLS: a client certificate for this user is issued and put in.</param>
    public string KubeConfig(string? token = null, string? clientCertificateUser = null) =>
        KubeConfigText.Of(
            BaseUri, AuthorityPem, token, clientCertificateUser is null ? null : IssueClientCertificate(clientCertificateUser));

    /// <summary>Writes <see cref="KubeConfig"/> to a file that only the owner can read.</summary>
    public Task WriteKubeConfigAsync(
        string path, string? token = null, string? clientCertificateUser = null, CancellationToken cancel = default) =>
        KubeConfigText.WriteAsync(path, KubeConfig(token, clientCertificateUser), cancel);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopListeningAsync();
        _authority?.Dispose();
    }

    private async Task ListenAsync(int port, CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = "Osmo.KubeSim" });
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = ShutdownTimeout);
        // The host that embeds the server decides when a process ends, not this one.
        builder.Services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = _options.RequestBodyBytesMax;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            kestrel.Listen(IPAddress.Loopback, port, Configure);
        });
        var application = builder.Build();
        application.Run(_api.HandleAsync);
        try
        {
            await application.StartAsync(cancel);
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }

        _application = application;
        var address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        BaseUri = new Uri(address);
    }

    private void Configure(ListenOptions listen)
    {
        listen.Use(next => connection =>
        {
            if (Faults.RefuseConnections)
            {
                connection.Abort();
                return Task.CompletedTask;
            }

            return next(connection);
        });
        listen.Protocols = _authority is not null ? HttpProtocols.Http1AndHttp2
            : _options.Http2Only ? HttpProtocols.Http2 : HttpProtocols.Http1;
        if (_authority is not null)
        {
            listen.UseHttps(_authority.Server, https =>
            {
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.ClientCertificateValidation = (certificate, _, _) => _authority.HasIssued(certificate);
            });
        }
    }
}
