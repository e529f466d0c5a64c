using Osmo.Testing.Postgres;
using Xunit;

[assembly: AssemblyFixture(typeof(SharedPostgres))]
