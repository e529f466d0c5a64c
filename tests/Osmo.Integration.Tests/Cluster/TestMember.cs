using Microsoft.Extensions.Logging;
using Osmo.Server.Hosting;
using Osmo.Silo.Security;

namespace Osmo.Integration.Tests.Cluster;

/// <summary>A server in this process that is a member of a cluster.</summary>
internal static class TestMember
{
    public static Task<OsmoServer> StartAsync(
        string database, string name, ServerRoles roles, ClusterCredentials? credentials = null) =>
        OsmoServer.StartAsync(Options(database, name, roles, credentials));

    public static OsmoServerOptions Options(
        string database, string name, ServerRoles roles, ClusterCredentials? credentials = null) => new()
        {
            Url = "http://127.0.0.1:0",
            LogLevel = LogLevel.None,
            Cluster = new ClusterSettings
            {
                Roles = roles,
                Postgres = database,
                Id = name,
                Endpoint = "127.0.0.1:0",
                CertificateFile = credentials?.CertificateFile,
                CertificateKeyFile = credentials?.PrivateKeyFile,
                AuthorityFile = credentials?.AuthorityFile,
            },
        };
}
