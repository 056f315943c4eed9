"""What the city can do: one public function per use case, read, compute, write. No Flask, no Folium."""
