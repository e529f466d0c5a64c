using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Osmo.Unit.Tests")]
